//! From a draft to a snapshot: check everything, index everything.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use super::{Draft, Problem, Shards, Snapshot};
use crate::egress::Egress;
use crate::id::UserId;
use crate::model::{
    ClientKey, FormerText, Kind, Layout, ModelRoutes, NodePlan, NodeSet, Opened, PoolKey, Upstream, User,
};

impl Snapshot {
    /// Checks and indexes a draft.
    ///
    /// A pool key whose upstream the layout does not have is kept and never chosen, so that taking an
    /// upstream out of the configuration for a while loses nothing.
    ///
    /// # Errors
    /// Every problem of the draft, not only the first.
    pub fn build(draft: Draft) -> Result<Self, Vec<Problem>> {
        let mut snapshot = Self {
            revision: draft.revision,
            layout: Arc::default(),
            users: Shards::default(),
            client_keys: Shards::default(),
            former_texts: Shards::default(),
            pool_keys: Shards::default(),
            policies: Arc::new(draft.policies),
            plans: Arc::new(draft.nodes),
            nodes: Arc::default(),
            egress: Arc::default(),
            limits: draft.limits.into(),
        };
        let mut problems = snapshot.set_layout(draft.layout);
        problems.extend(snapshot.set_nodes());
        problems.extend(snapshot.set_egress(draft.egress));
        for user in draft.users {
            snapshot.users.put(user.id, user);
        }
        for key in draft.client_keys {
            problems.extend(snapshot.put_client_key(key));
        }
        for former in draft.former_texts {
            snapshot.put_former_text(former);
        }
        for key in draft.pool_keys {
            snapshot.pool_keys.put(key.id, Arc::new(key));
        }
        problems.extend(snapshot.contributed_keys());
        if problems.is_empty() {
            Ok(snapshot)
        } else {
            Err(problems)
        }
    }

    pub(super) fn set_layout(&mut self, layout: Arc<Layout>) -> Vec<Problem> {
        let problems = layout_problems(&layout);
        let mut layout = Arc::unwrap_or_clone(layout);
        // The longest prefix is tried first, and a route with a host before one without.
        layout
            .routes
            .sort_by_key(|r| (r.host.is_none(), Reverse(r.prefix.len()), r.prefix.clone()));
        self.layout = Arc::new(layout);
        problems
    }

    /// Lays the plans over the layout, after one of them has changed.
    pub(super) fn set_nodes(&mut self) -> Vec<Problem> {
        let none = NodePlan::default();
        let upstreams = self.layout.upstreams.iter();
        let sets = upstreams.map(|upstream| {
            let plan = self.plans.get(&upstream.name).unwrap_or(&none);
            Arc::new(plan.over(&upstream.nodes))
        });
        self.nodes = sets.collect();
        let both = self.layout.upstreams.iter().zip(self.nodes.iter());
        both.flat_map(|(upstream, set)| node_problems(upstream, set))
            .collect()
    }

    /// Keys of members on upstreams that are open for operators' keys alone.
    pub(super) fn contributed_keys(&self) -> Vec<Problem> {
        let layout = &self.layout;
        if !layout
            .upstreams
            .iter()
            .any(|upstream| upstream.opened == Opened::All)
        {
            return Vec::new();
        }
        let keys = self.pool_keys.values();
        keys.filter_map(|key| contributed_key(layout, key)).collect()
    }

    /// A pool key's own list is not looked at here: what of it does not exist is never left through, and a
    /// key with nothing else is held back rather than sent straight.
    pub(super) fn set_egress(&mut self, egress: Egress) -> Vec<Problem> {
        let missing = egress.missing().map(|(upstream, proxy)| Problem::NoProxy {
            upstream: upstream.to_owned(),
            proxy,
        });
        let problems = missing.collect();
        self.egress = Arc::new(egress);
        problems
    }

    /// A text that was rotated away finds its key no longer by itself.
    pub(super) fn put_former_text(&mut self, former: FormerText) {
        self.client_keys.remove(&former.hash);
        self.former_texts.put(former.hash, former);
    }

    pub(super) fn put_client_key(&mut self, key: ClientKey) -> Option<Problem> {
        let orphan = owner_problem(&key, &self.users);
        let id = key.id;
        let old = self.client_keys.put(key.hash, key);
        orphan.or_else(|| {
            old.filter(|old| old.id != id)
                .map(|old| Problem::HashTwice(old.id, id))
        })
    }
}

fn contributed_key(layout: &Layout, key: &PoolKey) -> Option<Problem> {
    let (_, upstream) = layout.upstream(&key.upstream)?;
    (upstream.opened == Opened::All && !key.operator_owned).then(|| Problem::ContributedKey {
        key: key.id,
        contributor: key.contributor,
        upstream: key.upstream.to_string(),
    })
}

fn owner_problem(key: &ClientKey, users: &Shards<UserId, User>) -> Option<Problem> {
    let known = users.get(&key.user).is_some();
    (!known).then_some(Problem::KeyOfNobody {
        key: key.id,
        user: key.user,
    })
}

/// Each role that the configuration has keeps a node that takes new requests.
fn node_problems(upstream: &Upstream, set: &NodeSet) -> Vec<Problem> {
    let mut names = HashSet::new();
    let twice = set
        .nodes
        .iter()
        .filter(|used| !names.insert(&used.node.name) && !used.configured);
    let twice = twice.map(|used| Problem::NodeTwice {
        upstream: upstream.name.to_string(),
        node: used.node.name.to_string(),
    });
    let roles: HashSet<_> = upstream.nodes.iter().map(|node| node.role).collect();
    let unserved = roles.into_iter().filter(|role| !set.serves(*role));
    let unserved = unserved.map(|role| Problem::LastNode {
        upstream: upstream.name.to_string(),
        role,
    });
    twice.chain(unserved).collect()
}

fn layout_problems(layout: &Layout) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut names = HashSet::new();
    for upstream in &layout.upstreams {
        let name = || upstream.name.to_string();
        if !names.insert(&upstream.name) {
            problems.push(Problem::UpstreamTwice(name()));
        }
        if upstream.nodes.is_empty() {
            problems.push(Problem::NoNode(name()));
        }
        for (setting, zero) in [
            ("attempts", upstream.attempts == 0),
            ("key_concurrency", upstream.key_concurrency == 0),
        ] {
            if zero {
                problems.push(Problem::Zero {
                    upstream: name(),
                    setting,
                });
            }
        }
        let mut nodes = HashSet::new();
        for node in upstream.nodes.iter().filter(|node| !nodes.insert(&node.name)) {
            problems.push(Problem::NodeTwice {
                upstream: name(),
                node: node.name.to_string(),
            });
        }
    }
    problems.extend(route_problems(layout));
    problems
}

fn route_problems(layout: &Layout) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut claimed = HashSet::new();
    for route in &layout.routes {
        let prefix = || route.prefix.to_string();
        if !route.prefix.starts_with('/') {
            problems.push(Problem::RoutePrefix(prefix()));
        }
        if route.upstream >= layout.upstreams.len() {
            problems.push(Problem::RouteNowhere(prefix()));
        }
        problems.extend(
            route
                .models
                .as_ref()
                .and_then(|models| mixed(layout, models, prefix())),
        );
        if !claimed.insert((&route.host, route.prefix.trim_end_matches('/'))) {
            problems.push(Problem::RouteTwice(prefix()));
        }
    }
    problems
}

/// A choice by the model needs upstreams that differ in nothing that is decided before the model is known.
fn mixed(layout: &Layout, models: &ModelRoutes, route: String) -> Option<Problem> {
    let all = models.upstreams();
    let known: Vec<&Upstream> = all
        .iter()
        .filter_map(|index| layout.upstreams.get(*index))
        .collect();
    if known.len() < all.len() || known.is_empty() {
        return Some(Problem::RouteNowhere(route));
    }
    let opened = known.first().map(|first| first.opened);
    let alike = |upstream: &&Upstream| upstream.kind == Kind::Openai && Some(upstream.opened) == opened;
    (!known.iter().all(alike)).then_some(Problem::RouteMixed(route))
}
