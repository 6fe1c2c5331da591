//! One decision for node and pool key, taken as a lease.
//!
//! A [`Pool`] is what an upstream's keys and nodes are doing right now: who has requests in flight,
//! who rests, what is spent. It is a pure machine; the shell guards it with one lock, held for well
//! under a microsecond. It outlives every snapshot and is keyed by stable ids.
//!
//! Invariants: a key never has more leases than its concurrency; a key that rests, is gone, or may not
//! spend what a request costs is never chosen; every lease is given back exactly once ([`Lease`] can
//! not be copied). Choosing costs a few short look-ups, however many keys there are and however few can
//! serve.

mod census;
mod cohort;
mod keys;
mod latency;
mod lease;
mod node_report;
mod nodes;
mod on_nodes;
mod ready;
mod report;
mod slot;
mod spent;
mod tree;
mod weights;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use census::{Candidate, Census, PassedOver};
use cohort::Bound;
pub use keys::{Journal, KeyMove};
use keys::{Keys, Lesson};
pub use lease::{Ended, Lease, NoWay, Want};
pub use node_report::{CheckReport, NodeReport, NodeState};
pub use nodes::NodeHandle;
use nodes::Nodes;
pub use report::{KeyReport, Report, Resting};
use slot::Slot;

use crate::id::PoolKeyId;
use crate::judge::{Blame, Correlation, Outcome, Retry, Scope, Verdict};
use crate::life::{Event, Observation, Seen, State};
use crate::meter::Figures;
use crate::model::{Kind, NodePlan, PoolKey, Upstream};
use crate::spending::{Booking, Spending};
use crate::time::Moment;

/// How long a lease whose connection broke stays out where nothing was learned about how long such
/// requests take.
const UNLEARNED: Duration = Duration::from_secs(30);
/// And how long at least.
const LEAST_REST: Duration = Duration::from_secs(1);

/// Draws a number in `0.0..1.0`; asked only where the policy or a rest needs one.
pub type Chance<'a> = &'a dyn Fn() -> f64;

/// How the next pool key is chosen among those that can serve now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// One after the other, each key once a turn.
    #[default]
    RoundRobin,
    /// The same key while it is well, then the next.
    ActiveFirst,
    /// Of the next two keys in turn, the one whose answers begin sooner (peak-EWMA times requests in flight).
    LeastLatency,
    /// The key with the fewest requests in flight; among equals, one after the other.
    LeastBusy,
    /// At random, in proportion to what is left on each; keys at or under `min_credit` are left out.
    CreditWeighted,
}

/// The keys and nodes of one upstream, as they are doing now.
#[derive(Debug)]
pub struct Pool {
    upstream: Arc<Upstream>,
    policy: Policy,
    nodes: Nodes,
    keys: Keys,
    correlation: Correlation,
}

impl Pool {
    /// A pool without keys, all its nodes well. `origin` is the wall clock at the origin of [`Moment`],
    /// in milliseconds since the Unix epoch: days and hours are told by it.
    #[must_use]
    pub fn new(upstream: Arc<Upstream>, origin: i64) -> Self {
        let mut nodes = Nodes::new(upstream.health.clone());
        nodes.set(
            &NodePlan::default().over(&upstream.nodes),
            Moment::default(),
            &|| 0.0,
        );
        let policy = upstream.policy;
        let keys = Keys::new(policy, upstream.min_credit, origin);
        let correlation = Correlation::default();
        Self {
            upstream,
            policy,
            nodes,
            keys,
            correlation,
        }
    }

    /// Adds a key or takes over its new settings; leases and rests stay. A new credential or a newer
    /// look at the account ends what only they could end.
    pub fn put(&mut self, key: Arc<PoolKey>, now: Moment) {
        self.keys.wake(now);
        let bound = Bound::new(&key.origins, &self.nodes);
        let concurrency = key.concurrency.unwrap_or(self.upstream.key_concurrency);
        self.keys.put(key, bound, concurrency, now);
    }

    /// Takes a key out. Its leases end on their own; no new one is given.
    pub fn gone(&mut self, id: PoolKeyId) {
        self.keys.gone(id);
    }

    /// From now on keys and nodes are chosen like this.
    pub fn set_policy(&mut self, policy: Policy, now: Moment) {
        self.keys.wake(now);
        self.policy = policy;
        self.keys.set_policy(policy, now);
    }

    /// Sets a key to be tried again at once, whatever it rests for.
    pub fn recheck(&mut self, id: PoolKeyId, now: Moment) {
        self.keys.wake(now);
        self.keys.recheck(id, now);
    }

    /// Takes over what was spent on a day (days since the Unix epoch) before this process began.
    pub fn restore(&mut self, id: PoolKeyId, day: i64, requests: u64, anlas: u64, now: Moment) {
        self.keys.wake(now);
        self.keys.restore(id, (day, requests, anlas), now);
    }

    /// Chooses a node and, where the upstream needs one, a key, and takes the lease on both.
    ///
    /// # Errors
    /// Why there is no way now.
    pub fn acquire(&mut self, want: &Want<'_>, now: Moment, chance: Chance<'_>) -> Result<Lease, NoWay> {
        self.keys.wake(now);
        if !self.upstream.keyed {
            return self.lease(None, want, now).ok_or(NoWay::Exhausted);
        }
        if let Some(only) = want.only_key {
            return self.acquire_pinned(only, want, now);
        }
        match self.keys.choose(want, &self.nodes, chance) {
            Some(chosen) => self.lease(Some(chosen), want, now).ok_or(NoWay::Exhausted),
            None => Err(self.keys.no_way(want, &self.nodes, now)),
        }
    }

    /// A lease on the one key that may serve the request. A key that is gone is never replaced.
    fn acquire_pinned(&mut self, only: PoolKeyId, want: &Want<'_>, now: Moment) -> Result<Lease, NoWay> {
        let index = self.keys.index_of(only).ok_or(NoWay::Empty)?;
        let chosen = self.keys.can(index, want, &self.nodes);
        let chosen = chosen.ok_or_else(|| self.keys.no_way_on(index, want, &self.nodes, now))?;
        self.lease(Some(chosen), want, now).ok_or(NoWay::Exhausted)
    }

    /// The slots that opened since the last look.
    pub(crate) fn opened(&mut self) -> Option<usize> {
        self.keys.opened()
    }

    /// Whether slots opened since the last look.
    pub(crate) fn has_opened(&self) -> bool {
        self.keys.has_opened()
    }

    /// Forgets the slots that opened: nobody waits.
    pub(crate) fn forget_opened(&mut self) {
        while self.keys.opened().is_some() {}
    }

    /// Whether the key in that slot could take this request now.
    pub(crate) fn can(&self, slot: usize, want: &Want<'_>) -> bool {
        self.keys.can(slot, want, &self.nodes).is_some()
    }

    /// Takes the lease on the key in that slot, if it can take this request now.
    pub(crate) fn acquire_on(&mut self, slot: usize, want: &Want<'_>, now: Moment) -> Option<Lease> {
        let chosen = self.keys.can(slot, want, &self.nodes)?;
        self.lease(Some(chosen), want, now)
    }

    fn lease(&mut self, chosen: Option<keys::Chosen>, want: &Want<'_>, now: Moment) -> Option<Lease> {
        let bound = chosen.as_ref().map(|chosen| &*chosen.nodes);
        let node = self.nodes.choose(self.policy, want, bound, now)?;
        let node = self.nodes.lease(node)?;
        let key = chosen.and_then(|chosen| self.keys.lease(&chosen, want, now));
        let since = now;
        Some(Lease { key, node, since })
    }

    /// Lets everything happen whose time has come.
    pub fn wake(&mut self, now: Moment) {
        self.keys.wake(now);
    }

    /// When something changes by itself next.
    #[must_use]
    pub fn next_alarm(&self) -> Option<Moment> {
        self.keys.next_alarm()
    }

    /// When keys began and ended to rest, since the last time somebody asked.
    pub fn take_journal(&mut self, now: Moment) -> Journal {
        self.keys.wake(now);
        self.keys.take_journal()
    }

    /// What was spent on each key since the last time somebody asked, to be booked.
    pub fn take_spending(&mut self, booking: Booking) -> Vec<Spending> {
        self.keys.take_spending(booking)
    }

    /// Gives a lease back with what its attempt showed; what the admin should look at is returned.
    ///
    /// Where the upstream may still be at work (`novelai` can not be cancelled), the key stays taken
    /// for as long as that is expected to go on.
    pub fn release(
        &mut self,
        lease: Lease,
        ended: &Ended<'_>,
        now: Moment,
        chance: Chance<'_>,
    ) -> Option<Observation> {
        self.keys.wake(now);
        let verdict = self.in_the_light_of_others(&lease, ended.verdict, now);
        let ended = Ended {
            verdict: &verdict,
            ..*ended
        };
        let cool = |streak| {
            let settings = &self.upstream.cool_downs;
            settings.cool_down(verdict.cool_down, streak, ended.retry_after, chance())
        };
        let rest = (verdict.scope == Scope::Node).then_some(&cool as &dyn Fn(u32) -> Duration);
        self.nodes
            .release(lease.node, verdict.outcome == Outcome::Ok, rest, now);
        self.nodes.observe(lease.node, ended.first_byte, now);
        let leased = lease.key?;
        let held = now.since(lease.since);
        let lesson = lesson(&self.upstream, &ended, || cool(self.keys.streak(leased.slot) + 1));
        if ended.broke && self.runs_on(&verdict) {
            self.keys.outlive(&leased, &lesson, (held, UNLEARNED), now);
        } else {
            self.keys.release(&leased, &lesson, held, now);
        }
        observation(leased.id, &verdict)
    }

    /// Takes off a key's credit what a request has used, whenever that is known: its lease may be back by then.
    pub fn charge(&mut self, id: PoolKeyId, figures: &Figures, now: Moment) {
        self.keys.wake(now);
        self.keys.charge(id, figures, now);
    }

    /// Gives a lease back whose request never went out.
    pub fn give_back(&mut self, lease: Lease, now: Moment) {
        self.keys.wake(now);
        self.nodes.release(lease.node, false, None, now);
        if let Some(leased) = lease.key {
            self.keys
                .release(&leased, &Lesson::default(), Duration::ZERO, now);
        }
    }

    /// The verdict, seen beside what happened on other keys: a failure that many share is not theirs.
    fn in_the_light_of_others(&mut self, lease: &Lease, verdict: &Verdict, now: Moment) -> Verdict {
        let Some(leased) = &lease.key else { return *verdict };
        match self.correlation.observe(leased.id, verdict, now) {
            Blame::Key => *verdict,
            Blame::Upstream => {
                let others: Vec<_> = self.correlation.acquitted().collect();
                self.keys.acquit(&others, now);
                verdict.not_the_key()
            }
        }
    }

    /// Whether the upstream works on what it has not answered.
    fn runs_on(&self, verdict: &Verdict) -> bool {
        self.upstream.kind == Kind::Novelai && may_have_been_done(verdict)
    }
}

/// Whether an attempt that ended so counts against balances, budgets and caps.
#[must_use]
pub fn counts(verdict: &Verdict) -> bool {
    verdict.outcome == Outcome::Ok || may_have_been_done(verdict)
}

/// Whether work may have been done that was not answered.
fn may_have_been_done(verdict: &Verdict) -> bool {
    verdict.outcome == Outcome::Upstream && verdict.retry == Retry::Never
}

/// What an attempt means for its key.
fn lesson<'a>(upstream: &Upstream, ended: &Ended<'a>, rest: impl Fn() -> Duration) -> Lesson<'a> {
    let verdict = ended.verdict;
    let well = verdict.outcome == Outcome::Ok;
    let (mut event, mut bar) = (None, None);
    match verdict.scope {
        Scope::Key => event = Event::of(verdict.outcome, rest()),
        Scope::KeyModel => match ended.model {
            Some(model) => bar = Some((model, rest())),
            None => event = Some(Event::Rest(rest())),
        },
        Scope::None | Scope::Node | Scope::Proxy | Scope::Upstream => {
            let pause = upstream.cool_downs.after_success;
            event = (well && !pause.is_zero()).then_some(Event::Rest(pause));
        }
    }
    Lesson {
        failed: match verdict.scope {
            Scope::Key | Scope::KeyModel => Some(true),
            Scope::None | Scope::Node | Scope::Proxy | Scope::Upstream => well.then_some(false),
        },
        event,
        rule: Some(verdict.rule),
        bar,
        charged: counts(verdict),
        first_byte: ended.first_byte,
        whole: well,
    }
}

/// What the admin should look at soon.
fn observation(key: PoolKeyId, verdict: &Verdict) -> Option<Observation> {
    let seen = match (verdict.scope, verdict.outcome) {
        (Scope::Key, Outcome::Key) => Seen::CredentialRefused,
        (Scope::Key, Outcome::Quota) => Seen::OutOfCredit,
        (Scope::Key | Scope::None | Scope::KeyModel | Scope::Node | Scope::Proxy | Scope::Upstream, _) => {
            return None;
        }
    };
    Some(Observation { key, seen })
}

#[cfg(test)]
pub(crate) mod tests;
