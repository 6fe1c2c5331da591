//! Upstreams.

use potluck_filters::model::{HttpVersion, Kind, Network, Role};
use potluck_filters::pool::Policy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::patch::given;

/// An upstream, as the configuration has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpstreamFacts {
    /// Its name.
    pub name: String,
    /// What it speaks.
    pub kind: Kind,
    /// Whether its requests carry a pool key.
    pub keyed: bool,
    /// Whether it takes pool keys of operators alone: members see each other's objects there.
    pub operators_only: bool,
    /// Whether its pool keys are probed. They begin as `pending` then, and may be logins.
    pub probed: bool,
    /// Whether it is asked what is left behind its pool keys.
    #[serde(default)]
    pub credit: bool,
    /// How its pool keys are chosen, unless that was switched at run time.
    pub configured_policy: Policy,
    /// Whether nodes may be spoken to in plaintext over a network.
    pub allow_plaintext: bool,
    /// Private networks in which nodes may be that are added at run time.
    pub private_networks: Vec<Network>,
    /// Where it is.
    pub nodes: Vec<NodeFacts>,
}

impl UpstreamFacts {
    /// The distinct origins of all nodes, sorted.
    #[must_use]
    pub fn origins(&self) -> Vec<&str> {
        let mut origins: Vec<&str> = self.nodes.iter().map(|node| node.origin.as_str()).collect();
        origins.sort_unstable();
        origins.dedup();
        origins
    }
}

/// A node, as the configuration has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeFacts {
    /// Its name within the upstream.
    pub name: String,
    /// Which host of the upstream it stands for.
    pub role: Role,
    /// Its base URL.
    pub url: String,
    /// Its `host:port`, to which pool keys are bound.
    pub origin: String,
    /// How it is spoken to.
    pub http: HttpVersion,
}

/// An upstream with what was switched at run time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Upstream {
    /// As the configuration has it.
    #[serde(flatten)]
    pub facts: UpstreamFacts,
    /// How its pool keys are chosen, where that was switched; `null`: as configured.
    pub policy: Option<Policy>,
    /// The node that the policy `active-first` prefers, where one was designated; `null`: the first one.
    #[serde(default)]
    pub active_node: Option<String>,
    /// Names of the outbound proxies that its requests leave through; `null`: none.
    #[serde(default)]
    pub egress: Option<Vec<String>>,
}

/// What to edit of an upstream.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditUpstream {
    /// How its pool keys are chosen; `null`: as configured.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub policy: Option<Option<Policy>>,
    /// The node that the policy `active-first` prefers; `null`: the first one.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub active_node: Option<Option<String>>,
    /// Names of the outbound proxies that its requests leave through; `null`: none.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub egress: Option<Option<Vec<String>>>,
}
