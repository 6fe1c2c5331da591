//! An error, as RFC 9457 has it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of every answer that is an error, sent as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// `about:blank`: the code says which problem it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable name of the problem, for programs.
    pub code: String,
    /// What is wrong and what to do, for people.
    pub detail: String,
}
