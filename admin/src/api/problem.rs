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
    /// The fields that are wrong, each with why; absent where it is about no field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

/// A field of a request that cannot be what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldProblem {
    /// Where it stands in the body, as a JSON pointer (RFC 6901): `/caps/hours`.
    pub pointer: String,
    /// Why it cannot be, and what can.
    pub detail: String,
}

impl FieldProblem {
    /// Of a field whose parts stand behind dots.
    pub(crate) fn new(field: &str, why: &str) -> Self {
        Self {
            pointer: format!("/{}", field.replace('.', "/")),
            detail: why.to_owned(),
        }
    }
}
