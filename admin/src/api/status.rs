//! Status: what an operator looks at.

use potluck_filters::id::Revision;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which database is in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Database {
    /// `sqlite` or `postgres`.
    pub kind: String,
    /// Tells it from a restored or new one.
    pub epoch: String,
    /// Its last change.
    pub revision: Revision,
}

/// How the relay is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The database.
    pub database: Database,
    /// What the edge says of itself; `null` where none runs.
    pub edge: serde_json::Value,
}
