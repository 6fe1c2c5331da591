//! What a listener asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which events are wanted.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenQuery {
    /// Kinds of things, with commas between them; all when absent, and for `all`. And `series`, which only those hear who name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topics: Option<String>,
}
