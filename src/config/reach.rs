//! How far an `openai` upstream is open to the members of the pool.

use potluck_filters::model::{Kind, Opened};
use serde::{Deserialize, Serialize};

use super::path::Path;
use super::problem::Fault;
use super::upstream::Upstream;
use super::usage::UsageOfStreams;

/// Which endpoints may be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// What keeps nothing under a pool key.
    #[default]
    Stateless,
    /// All but account, organisation and credit endpoints.
    All,
}

/// Whether members may keep objects at the upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stateful {
    /// No.
    #[default]
    Off,
    /// Each their own.
    Owned,
}

/// What the two settings come to.
pub(super) fn opened(upstream: &Upstream) -> Opened {
    match (upstream.reach, upstream.stateful) {
        (Reach::All, _) => Opened::All,
        (Reach::Stateless, Stateful::Owned) => Opened::Owned,
        (Reach::Stateless, Stateful::Off) => Opened::Stateless,
    }
}

pub(super) fn check(upstream: &Upstream, path: &Path, faults: &mut Vec<Fault>) {
    let mut fault = |key: &str, why: &str| faults.push(Fault::new(path.key(key), why));
    let openai = upstream.kind == Kind::Openai;
    if upstream.reach == Reach::All && !openai {
        fault("reach", "only upstreams of kind openai have this setting");
    }
    if upstream.usage == UsageOfStreams::Ask && !openai {
        fault("usage", "only upstreams of kind openai have this setting");
    }
    if upstream.stateful == Stateful::Off {
        return;
    }
    if !openai {
        fault("stateful", "only upstreams of kind openai have this setting");
    } else if upstream.reach == Reach::All {
        fault(
            "stateful",
            "has no meaning with `reach: all`, where all members see all objects; take one of the two out",
        );
    } else if !upstream.is_keyed() {
        fault(
            "stateful",
            "needs pool keys, under which objects are kept, and `keyed` is false",
        );
    }
}
