//! Leases and the queue for them, as one machine: who gets which key, now or later.
//!
//! The shell holds one lock around a [`Scheduler`] and carries out its [`Effect`]s. A request gets a key
//! at once, waits, or is refused; a key that becomes free goes to the first waiter that it may serve.
//!
//! Invariant: after each call no waiter could be served by a key that is ready, so nobody who comes
//! later can overtake, and nothing has to be asked twice. A waiter ends in exactly one way: served,
//! refused (for a longer line, or since nobody is left who could serve it), or gone by itself
//! ([`Scheduler::leave`]).

mod on_nodes;
mod pace;
mod report;

use std::sync::Arc;
use std::time::Duration;

use pace::Pace;
pub use report::{QueueReport, WaitingLine};

use crate::cost::Price;
use crate::id::{PoolKeyId, UserId};
use crate::life::Observation;
use crate::model::{PoolKey, Role, Upstream};
use crate::pool::{Chance, Ended, Lease, NoWay, NodeHandle, Policy, Pool, Want};
use crate::queue::{Joined, Queue, Share, WaiterId};
use crate::time::Moment;

/// What the requests of a class have in common: all that decides which keys may serve them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Class {
    role: Role,
    operator_owned_only: bool,
    price: Price,
    most: u32,
    model: Option<Box<str>>,
    only_key: Option<PoolKeyId>,
    tried_keys: Box<[PoolKeyId]>,
    tried_nodes: Box<[NodeHandle]>,
}

impl Class {
    fn of(want: &Want<'_>) -> Self {
        Self {
            role: want.role,
            operator_owned_only: want.operator_owned_only,
            price: want.price,
            // What is more than enough for all is the same for all.
            most: if want.most >= want.price.full {
                u32::MAX
            } else {
                want.most
            },
            model: want.model.map(Into::into),
            only_key: want.only_key,
            tried_keys: want.tried_keys.into(),
            tried_nodes: want.tried_nodes.into(),
        }
    }

    fn want(&self) -> Want<'_> {
        Want {
            role: self.role,
            operator_owned_only: self.operator_owned_only,
            price: self.price,
            most: self.most,
            model: self.model.as_deref(),
            only_key: self.only_key,
            tried_keys: &self.tried_keys,
            tried_nodes: &self.tried_nodes,
        }
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    /// Whose request it is.
    pub user: UserId,
    /// What that user's requests weigh.
    pub share: Share,
    /// How long the request may wait.
    pub max_wait: Duration,
}

/// What an asker gets.
#[derive(Debug)]
pub enum Asked {
    /// A lease.
    Leased(Lease),
    /// A place in the queue.
    Waits(WaiterId, Outlook),
    /// Nothing.
    Refused(Refused),
}

/// Where a waiter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// At most so many are served first.
    pub ahead: usize,
    /// How long that is expected to take; `None` before anything was learned.
    pub expected: Option<Duration>,
}

/// Why nothing is to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not by waiting, either.
    NoWay(NoWay),
    /// Not in time: ask again after so long.
    TooLate {
        /// When the wait would be short enough.
        retry_after: Duration,
    },
    /// Too many wait already.
    Full {
        /// How long the line is expected to take.
        retry_after: Duration,
    },
}

/// What the shell is to do.
#[derive(Debug)]
pub enum Effect {
    /// The waiter's turn has come.
    Wake(WaiterId, Lease),
    /// The waiter had to make room, or has no way any more.
    Refuse(WaiterId, Refused),
}

/// Keys, nodes and the queue for them.
#[derive(Debug)]
pub struct Scheduler {
    pool: Pool,
    queue: Queue<Class>,
    pace: Pace,
    served: u64,
    refused: u64,
    left: u64,
}

/// Who has waited no longer than this may be told to come back.
const SHORTEST_RETRY: Duration = Duration::from_secs(1);

impl Scheduler {
    /// A scheduler without keys. `origin` as in [`Pool::new`].
    #[must_use]
    pub fn new(upstream: Arc<Upstream>, origin: i64) -> Self {
        let queue = Queue::new(upstream.queue);
        Self {
            pool: Pool::new(upstream, origin),
            queue,
            pace: Pace::default(),
            served: 0,
            refused: 0,
            left: 0,
        }
    }

    /// A lease now or, if `asker` may wait, later.
    pub fn ask(
        &mut self,
        asker: &Asker,
        want: &Want<'_>,
        now: Moment,
        chance: Chance<'_>,
    ) -> (Asked, Vec<Effect>) {
        // What became free by itself goes to those who wait.
        let mut effects = self.tick(now);
        let asked = match self.pool.acquire(want, now, chance) {
            Ok(lease) => Asked::Leased(lease),
            Err(NoWay::Busy { until }) => self.join(asker, want, until, now, &mut effects),
            Err(no_way) => Asked::Refused(Refused::NoWay(no_way)),
        };
        (asked, effects)
    }

    /// A lease now or nothing, for another attempt of a request that has one.
    ///
    /// # Errors
    /// Why there is none now.
    pub fn ask_now(
        &mut self,
        want: &Want<'_>,
        now: Moment,
        chance: Chance<'_>,
    ) -> (Result<Lease, NoWay>, Vec<Effect>) {
        let effects = self.tick(now);
        (self.pool.acquire(want, now, chance), effects)
    }

    fn join(
        &mut self,
        asker: &Asker,
        want: &Want<'_>,
        until: Option<Moment>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> Asked {
        let outlook = self.outlook(asker);
        if let Some(retry_after) = self.too_late(asker, until, outlook, now) {
            self.refused += 1;
            return Asked::Refused(Refused::TooLate { retry_after });
        }
        match self.queue.join(asker.user, asker.share, Class::of(want), now) {
            Joined::Waits(id) => Asked::Waits(id, outlook),
            Joined::InsteadOf(id, other) => {
                self.refused += 1;
                effects.push(Effect::Refuse(other, self.full()));
                Asked::Waits(id, outlook)
            }
            Joined::Full => {
                self.refused += 1;
                Asked::Refused(self.full())
            }
        }
    }

    fn full(&self) -> Refused {
        let retry_after = self.pace.expected(self.queue.len()).unwrap_or_default();
        Refused::Full {
            retry_after: retry_after.max(SHORTEST_RETRY),
        }
    }

    /// When to come back, for a request whose time will be up before its turn.
    fn too_late(
        &self,
        asker: &Asker,
        until: Option<Moment>,
        outlook: Outlook,
        now: Moment,
    ) -> Option<Duration> {
        let rests = until.map(|until| until.since(now));
        // Who would be next is never sent away for the length of the line: somebody has to find out
        // that it moves faster by now.
        let line = outlook.expected.filter(|_| outlook.ahead > 0);
        let expected = rests.into_iter().chain(line).max()?;
        let over = expected
            .checked_sub(asker.max_wait)
            .filter(|over| !over.is_zero())?;
        // Resting keys are known to the millisecond; a line gets shorter while one is away.
        Some(match rests {
            Some(rests) if rests >= expected => rests,
            Some(_) | None => over.max(SHORTEST_RETRY),
        })
    }

    fn outlook(&self, asker: &Asker) -> Outlook {
        let ahead = self.queue.ahead_of(asker.user, asker.share);
        let expected = self.pace.expected(ahead + 1);
        Outlook { ahead, expected }
    }

    /// Gives a lease back with what its attempt showed; the key goes to the next waiter.
    pub fn release(
        &mut self,
        lease: Lease,
        ended: &Ended<'_>,
        now: Moment,
        chance: Chance<'_>,
    ) -> (Option<Observation>, Vec<Effect>) {
        let observation = self.pool.release(lease, ended, now, chance);
        (observation, self.serve(now))
    }

    /// Gives a lease back whose request never went out.
    pub fn give_back(&mut self, lease: Lease, now: Moment) -> Vec<Effect> {
        self.pool.give_back(lease, now);
        self.serve(now)
    }

    /// Takes a waiter out who went away or whose time is up.
    pub fn leave(&mut self, id: WaiterId) {
        self.left += u64::from(self.queue.leave(id));
    }

    /// When to come back for a waiter whose time is up.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        self.pace
            .expected(self.queue.len())
            .unwrap_or_default()
            .max(SHORTEST_RETRY)
    }

    /// Lets everything happen whose time has come.
    pub fn tick(&mut self, now: Moment) -> Vec<Effect> {
        self.pool.wake(now);
        self.serve(now)
    }

    /// When [`Self::tick`] is due; `None` while nobody waits.
    #[must_use]
    pub fn due(&self) -> Option<Moment> {
        if self.queue.is_empty() {
            return None;
        }
        // Whoever looked at the pool in between may have seen a key wake up.
        if self.pool.has_opened() {
            Some(Moment::default())
        } else {
            self.pool.next_alarm()
        }
    }

    /// Adds a key or takes over its new settings.
    pub fn put(&mut self, key: Arc<PoolKey>, now: Moment) -> Vec<Effect> {
        self.pool.put(key, now);
        self.serve(now)
    }

    /// Takes a key out. Who waited for it alone is told with [`Self::turn_away`].
    pub fn gone(&mut self, id: PoolKeyId) {
        self.pool.gone(id);
    }

    /// Sets a key to be tried again at once.
    pub fn recheck(&mut self, id: PoolKeyId, now: Moment) -> Vec<Effect> {
        self.pool.recheck(id, now);
        self.serve(now)
    }

    /// From now on keys and nodes are chosen like this.
    pub fn set_policy(&mut self, policy: Policy, now: Moment) -> Vec<Effect> {
        self.pool.set_policy(policy, now);
        self.serve(now)
    }

    /// The keys and nodes, for what has nothing to do with waiting.
    pub fn pool(&mut self) -> &mut Pool {
        &mut self.pool
    }

    /// Gives each slot that opened to the first waiters that it may serve.
    fn serve(&mut self, now: Moment) -> Vec<Effect> {
        if self.queue.is_empty() {
            self.pool.forget_opened();
            return Vec::new();
        }
        let mut effects = Vec::new();
        while let Some(slot) = self.pool.opened() {
            while let Some(wake) = self.wake_for(slot, now) {
                effects.push(wake);
            }
        }
        effects
    }

    fn wake_for(&mut self, slot: usize, now: Moment) -> Option<Effect> {
        let pool = &mut self.pool;
        let (id, class) = self.queue.first(|class| pool.can(slot, &class.want()))?;
        let lease = pool.acquire_on(slot, &class.want(), now)?;
        Some(self.wake(id, lease, now))
    }

    fn wake(&mut self, id: WaiterId, lease: Lease, now: Moment) -> Effect {
        if let Some(waited) = self.queue.serve(id, now) {
            self.pace.served(waited, now);
        }
        self.served += 1;
        Effect::Wake(id, lease)
    }
}

#[cfg(test)]
mod tests;
