//! Upstreams and status: what an operator looks at.

use potluck_filters::id::Revision;
use potluck_filters::model::{Kind, Role};
use serde::{Deserialize, Serialize};

/// An upstream, as the configuration has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpstreamFacts {
    /// Its name.
    pub name: String,
    /// What it speaks.
    pub kind: Kind,
    /// Whether its requests carry a pool key.
    pub keyed: bool,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeFacts {
    /// Its name within the upstream.
    pub name: String,
    /// Which host of the upstream it stands for.
    pub role: Role,
    /// Its base URL.
    pub url: String,
    /// Its `host:port`, to which pool keys are bound.
    pub origin: String,
}

/// Which database is in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// `sqlite` or `postgres`.
    pub kind: String,
    /// Tells it from a restored or new one.
    pub epoch: String,
    /// Its last change.
    pub revision: Revision,
}

/// How the relay is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The database.
    pub database: Database,
    /// What the edge says of itself; `null` where none runs.
    pub edge: serde_json::Value,
}
