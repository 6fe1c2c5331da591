//! The immutable, versioned view an edge serves from.
//!
//! Built once from a [`Draft`] with every problem reported, changed by [`Delta`]s that copy only the
//! shards they touch. Invariant: `a.apply(a.delta_to(&b)) == b` for all built `a` and `b`.

mod build;
mod change;
mod problem;
mod shards;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use change::{Delta, PoolKeyChange};
pub use problem::Problem;
use shards::Shards;

use crate::egress::Egress;
use crate::id::{PoolKeyId, Revision, UserId};
use crate::limit::{LimitPolicy, Limits};
use crate::model::{ClientKey, FormerText, KeyHash, Layout, NodePlan, NodeSet, PoolKey, Upstream, User};
use crate::pool::Policy;

/// Everything a snapshot is built from.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The database's revision that this is a view of.
    pub revision: Revision,
    /// Routes and upstreams.
    pub layout: Arc<Layout>,
    /// All users.
    pub users: Vec<User>,
    /// All client keys, revoked ones too.
    pub client_keys: Vec<ClientKey>,
    /// Texts that client keys had before they were rotated.
    pub former_texts: Vec<FormerText>,
    /// The pool keys that may serve.
    pub pool_keys: Vec<PoolKey>,
    /// Policies that were switched at run time, by upstream; they win over the layout's.
    pub policies: Policies,
    /// What was changed at run time about nodes, by upstream.
    pub nodes: NodePlans,
    /// Outbound proxies, and which upstreams leave through them.
    pub egress: Egress,
    /// How users' limits come about.
    pub limits: LimitPolicy,
}

/// Policies by the upstream's name.
pub type Policies = BTreeMap<Arc<str>, Policy>;

/// What was changed at run time about nodes, by the upstream's name. Upstreams that are in no layout are kept.
pub type NodePlans = BTreeMap<Arc<str>, NodePlan>;

/// Everything a request needs, nothing it must ask for. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    revision: Revision,
    layout: Arc<Layout>,
    users: Shards<UserId, User>,
    client_keys: Shards<KeyHash, ClientKey>,
    former_texts: Shards<KeyHash, FormerText>,
    pool_keys: Shards<PoolKeyId, Arc<PoolKey>>,
    policies: Arc<Policies>,
    plans: Arc<NodePlans>,
    /// What the plans come to, in the order of the layout's upstreams.
    nodes: Arc<[Arc<NodeSet>]>,
    egress: Arc<Egress>,
    limits: Limits,
}

impl Snapshot {
    /// The revision this is a view of.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Routes and upstreams; routes in the order in which they are tried.
    #[must_use]
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// How this upstream's keys are chosen: as switched at run time, else as configured.
    #[must_use]
    pub fn policy(&self, upstream: &Upstream) -> Policy {
        self.policies
            .get(&upstream.name)
            .copied()
            .unwrap_or(upstream.policy)
    }

    /// What was changed at run time about nodes.
    #[must_use]
    pub fn node_plans(&self) -> &NodePlans {
        &self.plans
    }

    /// The nodes in use of the upstream with that index in the layout.
    #[must_use]
    pub fn nodes(&self, upstream: usize) -> Option<&Arc<NodeSet>> {
        self.nodes.get(upstream)
    }

    /// Outbound proxies, and which upstreams leave through them.
    #[must_use]
    pub fn egress(&self) -> &Arc<Egress> {
        &self.egress
    }

    /// How users' limits come about.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The client key with that hash.
    #[must_use]
    pub fn client_key(&self, hash: &KeyHash) -> Option<&ClientKey> {
        self.client_keys.get(hash)
    }

    /// The text with that hash that a client key had before.
    #[must_use]
    pub fn former_text(&self, hash: &KeyHash) -> Option<&FormerText> {
        self.former_texts.get(hash)
    }

    /// The user with that id.
    #[must_use]
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id)
    }

    /// The pool key with that id, if it may serve.
    #[must_use]
    pub fn pool_key(&self, id: PoolKeyId) -> Option<&Arc<PoolKey>> {
        self.pool_keys.get(&id)
    }

    /// All pool keys that may serve, in no order.
    pub fn pool_keys(&self) -> impl Iterator<Item = &Arc<PoolKey>> {
        self.pool_keys.values()
    }

    /// How many users, client keys and pool keys there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            users: self.users.len(),
            client_keys: self.client_keys.len(),
            pool_keys: self.pool_keys.len(),
        }
    }
}

/// Sizes of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Users, disabled ones too.
    pub users: usize,
    /// Client keys in every state.
    pub client_keys: usize,
    /// Pool keys that may serve.
    pub pool_keys: usize,
}

#[cfg(test)]
mod tests;
