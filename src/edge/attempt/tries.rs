//! What a request has tried: it decides whether there may be another attempt, and on what.

use potluck_filters::egress;
use potluck_filters::id::PoolKeyId;
use potluck_filters::judge::{Outcome, Retry, Scope, Verdict};
use potluck_filters::pool::{Lease, NoWay, NodeHandle, Want};

use super::Tried;
use crate::edge::guard::LeaseGuard;
use crate::edge::plan::Relay;
use crate::edge::purse::Purse;

/// What this request has tried, and how often.
#[derive(Default)]
pub(in crate::edge) struct Tries {
    count: u8,
    elsewhere: bool,
    /// All keys that failed; the first `resting` of them rest by themselves.
    keys: Vec<PoolKeyId>,
    resting: usize,
    nodes: Vec<NodeHandle>,
    /// Outbound proxies that it has tried.
    pub(in crate::edge) egress: egress::Tries,
}

impl Tries {
    pub(in crate::edge) fn want<'a>(&'a self, relay: &'a Relay, purse: Option<&Purse>) -> Want<'a> {
        Want {
            role: relay.role,
            operator_owned_only: relay.operator_owned_only,
            price: relay.price,
            most: purse.map_or(u32::MAX, Purse::holds).min(relay.most_anlas),
            model: relay.model.as_deref(),
            only_key: relay.pinned,
            tried_keys: &self.keys,
            tried_nodes: &self.nodes,
        }
    }

    /// Notes what an attempt showed and says whether another may follow.
    pub(in crate::edge) fn go_on(&mut self, verdict: &Verdict, lease: &LeaseGuard, attempts: u8) -> bool {
        self.count += 1;
        let again = match verdict.retry {
            Retry::Never => false,
            Retry::NextKey => true,
            Retry::ElsewhereOnce => !std::mem::replace(&mut self.elsewhere, true),
        };
        match verdict.scope {
            // Nothing was wrong with either (a connection had gone stale): the same will do.
            Scope::None => {}
            Scope::Key | Scope::KeyModel => {
                let rests = lease.key_id().into_iter();
                self.keys.splice(self.resting..self.resting, rests);
                self.resting += usize::from(lease.key_id().is_some());
            }
            // The way out may differ from key to key, too.
            Scope::Upstream => self.keys.extend(lease.key_id()),
            Scope::Proxy => match lease.through {
                Some(proxy) => self.egress.unwelcome(proxy),
                None => self.keys.extend(lease.key_id()),
            },
            Scope::Node => self.nodes.extend(lease.node_handle()),
        }
        // A key that is busy elsewhere says nothing about the request: it may wait for another turn.
        let busy = verdict.outcome == Outcome::Busy && verdict.scope == Scope::Key;
        again && (self.count < attempts || busy)
    }

    /// Whether the next attempt may be made with the same lease: because neither key nor node was at fault
    /// and no other may be free, or because there is another proxy to leave through.
    pub(super) fn same_will_do(&mut self, tried: &Tried, lease: &LeaseGuard, relay: &Relay) -> bool {
        match tried.verdict.scope {
            Scope::None => tried.answer.is_err(),
            Scope::Proxy if lease.through.is_none() => false,
            Scope::Proxy if lease.has_another_exit(relay.exits.as_ref(), &self.egress) => {
                lease.tell_egress(&tried.verdict, tried.retry_after);
                true
            }
            Scope::Proxy => {
                self.keys.extend(lease.key_id());
                false
            }
            Scope::Key | Scope::KeyModel | Scope::Node | Scope::Upstream => false,
        }
    }

    /// Whether as many attempts were made as may be without a wait.
    fn are_used_up(&self, attempts: u8) -> bool {
        self.count >= attempts
    }

    /// Whether a wait may help: for a key that is busy, or for one that was refused, once it has rested
    /// or has a new credential.
    pub(super) fn may_wait(&self, no_way: NoWay) -> bool {
        match no_way {
            NoWay::Busy { until: _ } => true,
            NoWay::Empty | NoWay::Exhausted => self.resting > 0,
            NoWay::Unaffordable { anlas: _ } => false,
        }
    }

    /// Before a wait: what rests by itself may be given out again once it has rested.
    pub(super) fn wait(&mut self) {
        self.count = 0;
        self.keys.drain(..std::mem::take(&mut self.resting));
    }
}

/// A lease on another way that is free now. Where every node has been tried, another key on a node that
/// was tried will do.
pub(super) fn elsewhere(lease: &LeaseGuard, tries: &mut Tries, relay: &Relay) -> Result<Lease, NoWay> {
    if tries.are_used_up(relay.upstream.upstream.attempts) {
        return Err(NoWay::Exhausted);
    }
    match lease.elsewhere(&tries.want(relay, lease.purse())) {
        Err(NoWay::Empty | NoWay::Exhausted) if !tries.keys.is_empty() && !tries.nodes.is_empty() => {
            tries.nodes.clear();
            lease.elsewhere(&tries.want(relay, lease.purse()))
        }
        found => found,
    }
}
