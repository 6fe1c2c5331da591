//! What changed between two revisions, and how a snapshot takes it in.

use std::hash::Hash;
use std::sync::Arc;

use super::{NodePlans, Policies, Problem, Shards, Snapshot};
use crate::egress::Egress;
use crate::id::{PoolKeyId, Revision};
use crate::limit::LimitPolicy;
use crate::model::{ClientKey, FormerText, Layout, PoolKey, User};

/// Whole rows that are new or different, and tombstones for what may no longer serve. Users and
/// client keys are never taken out: they are disabled and revoked.
#[derive(Clone, Debug, Default)]
pub struct Delta {
    /// The revision it applies to.
    pub from: Revision,
    /// The revision it leads to.
    pub to: Revision,
    /// A new layout, when routes or upstreams changed.
    pub layout: Option<Arc<Layout>>,
    /// New or changed users.
    pub users: Vec<User>,
    /// New or changed client keys.
    pub client_keys: Vec<ClientKey>,
    /// Texts that client keys had before they were rotated, new or leading to another text now.
    pub former_texts: Vec<FormerText>,
    /// New, changed and withdrawn pool keys.
    pub pool_keys: Vec<PoolKeyChange>,
    /// All policies that were switched at run time, when one of them changed.
    pub policies: Option<Policies>,
    /// All that was changed at run time about nodes, when some of it changed.
    pub nodes: Option<NodePlans>,
    /// All outbound proxies and the lists of upstreams, when one of them changed.
    pub egress: Option<Egress>,
    /// How users' limits come about, when that changed.
    pub limits: Option<LimitPolicy>,
}

/// A pool key that can serve, or one that no longer can.
#[derive(Clone, Debug, PartialEq)]
pub enum PoolKeyChange {
    /// New, or with new settings.
    Put(Arc<PoolKey>),
    /// Paused or withdrawn.
    Gone(PoolKeyId),
}

impl PoolKeyChange {
    /// Which pool key.
    #[must_use]
    pub fn id(&self) -> PoolKeyId {
        match self {
            Self::Put(key) => key.id,
            Self::Gone(id) => *id,
        }
    }
}

impl Snapshot {
    /// The snapshot after a change; this one stays as it is.
    ///
    /// # Errors
    /// Every problem of the change; nothing of it is taken then.
    pub fn apply(&self, delta: Delta) -> Result<Self, Vec<Problem>> {
        if delta.from != self.revision {
            return Err(vec![Problem::Gap {
                from: delta.from,
                at: self.revision,
            }]);
        }
        let mut next = Self {
            revision: delta.to,
            ..self.clone()
        };
        let placed = delta.layout.is_some() || delta.nodes.is_some();
        let keys_matter = delta.layout.is_some() || !delta.pool_keys.is_empty();
        let mut problems = delta
            .layout
            .map_or_else(Vec::new, |layout| next.set_layout(layout));
        if let Some(plans) = delta.nodes {
            next.plans = Arc::new(plans);
        }
        if placed {
            problems.extend(next.set_nodes());
        }
        if let Some(policies) = delta.policies {
            next.policies = Arc::new(policies);
        }
        if let Some(egress) = delta.egress {
            problems.extend(next.set_egress(egress));
        }
        if let Some(limits) = delta.limits {
            next.limits = limits.into();
        }
        for user in delta.users {
            next.users.put(user.id, user);
        }
        for former in delta.former_texts {
            next.put_former_text(former);
        }
        for key in delta.client_keys {
            problems.extend(next.put_client_key(key));
        }
        for change in delta.pool_keys {
            match change {
                PoolKeyChange::Put(key) => next.pool_keys.put(key.id, key),
                PoolKeyChange::Gone(id) => next.pool_keys.remove(&id),
            };
        }
        if keys_matter {
            problems.extend(next.contributed_keys());
        }
        if problems.is_empty() {
            Ok(next)
        } else {
            Err(problems)
        }
    }

    /// The change that leads from here to `target`.
    #[must_use]
    pub fn delta_to(&self, target: &Self) -> Delta {
        let gone = self.pool_keys.iter().map(|(id, _)| *id);
        let gone = gone
            .filter(|id| target.pool_keys.get(id).is_none())
            .map(PoolKeyChange::Gone);
        let put = changed(&self.pool_keys, &target.pool_keys);
        let put = put.map(|key| PoolKeyChange::Put(Arc::clone(key)));
        Delta {
            from: self.revision,
            to: target.revision,
            layout: (self.layout != target.layout).then(|| Arc::clone(&target.layout)),
            users: changed(&self.users, &target.users).cloned().collect(),
            client_keys: changed(&self.client_keys, &target.client_keys).cloned().collect(),
            former_texts: changed(&self.former_texts, &target.former_texts)
                .copied()
                .collect(),
            pool_keys: gone.chain(put).collect(),
            policies: (self.policies != target.policies).then(|| Policies::clone(&target.policies)),
            nodes: (self.plans != target.plans).then(|| NodePlans::clone(&target.plans)),
            egress: (self.egress != target.egress).then(|| Egress::clone(&target.egress)),
            limits: (self.limits != target.limits).then(|| *target.limits.policy()),
        }
    }
}

fn changed<'a, K: Hash + Eq + Clone, V: Clone + PartialEq>(
    from: &'a Shards<K, V>,
    to: &'a Shards<K, V>,
) -> impl Iterator<Item = &'a V> {
    to.iter()
        .filter(|(key, value)| from.get(key) != Some(value))
        .map(|(_, value)| value)
}
