//! What is set for the whole relay while it runs.

use potluck_filters::id::Revision;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Registration;
use super::patch::given;
use crate::output::Revised;

/// What is set for the whole relay while it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// What the pool is called; `null` where nobody has named it.
    pub name: Option<String>,
    /// What everybody is told; `null` is nothing.
    pub notice: Option<String>,
    /// Who may register.
    pub registration: Registration,
    /// The change that touched them last; 0 where there was none.
    pub revision: Revision,
}

impl Revised for Settings {
    fn revision(&self) -> Option<Revision> {
        Some(self.revision)
    }
}

/// What to edit of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditSettings {
    /// What the pool is called: one line of 1 to 100 characters; `null` takes the name away.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub name: Option<Option<String>>,
    /// What everybody is told: at most 2000 characters; `null` is nothing.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub notice: Option<Option<String>>,
    /// Who may register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
}
