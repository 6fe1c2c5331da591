//! Status: what an operator looks at.

use potluck_filters::id::Revision;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Registration;

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

/// What anybody may know of the relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// The program's version.
    pub version: String,
    /// Which program it is; pages that were loaded from another one load themselves anew.
    pub build: String,
    /// What it is called, where that was set.
    pub name: Option<String>,
    /// What everybody is told, where there is something.
    pub notice: Option<String>,
    /// Where clients reach it, where that was configured.
    pub public_base_url: Option<String>,
    /// Who may register.
    pub registration: Registration,
}

/// How the relay is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The database.
    pub database: Database,
    /// What the edge says of itself; `null` where none runs.
    pub edge: serde_json::Value,
}
