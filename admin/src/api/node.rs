//! Nodes: those of the configuration, and those that were added while the relay ran.

use std::collections::BTreeMap;

use crate::output::Revised;
use potluck_filters::id::{PoolKeyId, Revision};
use potluck_filters::model::{HttpVersion, Role};
use potluck_filters::pool::{NodeReport, NodeState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// The upstream's name.
    pub upstream: String,
    /// Its name within the upstream.
    pub name: String,
    /// Whom it serves: `any`, or one of NovelAI's hosts.
    pub role: Role,
    /// Its base URL.
    pub url: String,
    /// Its `host:port`, to which pool keys are bound.
    pub origin: String,
    /// How it is spoken to.
    pub http: HttpVersion,
    /// Where it comes from.
    pub source: NodeSource,
    /// How it is used. A configured node that was taken out is `removed`, and can be resumed.
    pub state: NodeState,
    /// Whether it is the one that the policy `active-first` prefers.
    pub preferred: bool,
    /// What people noted about it.
    pub metadata: BTreeMap<String, String>,
    /// When it was added; `null` for a configured one.
    pub created_at: Option<i64>,
    /// The change that touched it last; `null` where there was none.
    pub revision: Option<Revision>,
    /// How it does; `null` where no relay runs.
    pub live: Option<NodeReport>,
}

/// Where a node comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NodeSource {
    /// The configuration file.
    Configured,
    /// Somebody added it at run time.
    Added,
}

/// A node to be added.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddNode {
    /// Unique within its upstream: up to 40 lower-case letters, digits and `-`.
    pub name: String,
    /// Its base URL, in plain form.
    pub url: String,
    /// For kind `novelai`: `image`, `text` or `api`. For others absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// How it is spoken to; `auto` when absent.
    #[serde(default)]
    pub http: HttpVersion,
    /// Notes, at most 32 of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// What a node may be switched to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NodeSwitch {
    /// Gets new requests; one that was taken out comes back.
    Active,
    /// Ends what it has and gets nothing new.
    Draining,
}

/// What to edit of a node.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditNode {
    /// How it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<NodeSwitch>,
    /// Its notes, all of them anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
}

/// Which pool keys may go to a node's host now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeGrant {
    /// The host.
    pub origin: String,
    /// Pool keys that may go there now and could not before.
    pub granted: u64,
    /// Pool keys of others than operators that may not go there: their contributors must agree.
    pub waiting: Vec<PoolKeyId>,
}

/// A host to which a pool key may go from now on, with its contributor's word.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowHost {
    /// The `host:port` of a node of its upstream.
    pub origin: String,
}

impl Revised for Node {
    fn revision(&self) -> Option<Revision> {
        self.revision
    }
}
