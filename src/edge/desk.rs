//! Where requests ask for leases, and wait for them: the scheduler behind its lock, and the wakers.
//!
//! Everything that can race is under one lock: whether a waiter was served, refused or has left. A
//! waiter that is dropped while its lease was on the way gives the lease back, and the next one gets
//! it. Wakers are called after the lock is let go.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use potluck_filters::life::Observation;
use potluck_filters::model::Upstream;
use potluck_filters::pool::{Census, Ended, Lease, NoWay, Want};
use potluck_filters::queue::{InLine, WaiterId};
use potluck_filters::scheduler::{Asked, Asker, Effect, Outlook, Refused, Scheduler};
use potluck_filters::time::Moment;
use tokio::sync::Notify;

use super::{Clock, Mutex, chance};

/// The one place where an upstream's leases are given out and come back.
pub(super) struct Desk {
    clock: Clock,
    inner: Mutex<Inner>,
    /// Told when something is due earlier than it was, or nobody waits any more.
    pub(super) sooner: Notify,
}

struct Inner {
    scheduler: Scheduler,
    waiting: HashMap<WaiterId, Waiting>,
    /// Whether somebody keeps the time for those who wait.
    kept: bool,
}

/// What became of a waiter so far.
enum Waiting {
    Asleep(Option<Waker>),
    Served(Lease),
    Refused(Refused),
}

/// A lease, or a wait for one.
pub(super) enum Turn {
    Now(Lease),
    /// With how the keys stood to it at that moment.
    Later(Wait, Outlook, Census),
}

/// Why there is neither a lease nor a place in the queue, and how the keys stood to the request at that moment.
pub(super) struct NoTurn {
    pub(super) refused: Refused,
    pub(super) census: Census,
}

/// When somebody who keeps the time has to do so.
pub(super) enum Due {
    /// At this moment; `None`: when told.
    At(Option<Moment>),
    /// Never again: nobody waits.
    Over,
}

impl Desk {
    pub(super) fn new(upstream: Arc<Upstream>, clock: Clock) -> Self {
        Self {
            inner: Mutex::new(Inner {
                scheduler: Scheduler::new(upstream, clock.origin_unix_ms()),
                waiting: HashMap::new(),
                kept: false,
            }),
            clock,
            sooner: Notify::new(),
        }
    }

    /// A lease, a place in the queue, or why neither.
    pub(super) fn ask(self: &Arc<Self>, asker: &Asker, want: &Want<'_>) -> Result<Turn, NoTurn> {
        self.change(|inner, now| {
            let (asked, effects) = inner.scheduler.ask(asker, want, now, &chance);
            // Before anything else happens: what is told is what there was.
            let mut census = || inner.scheduler.pool().census(want, now);
            let turn = match asked {
                Asked::Leased(lease) => Ok(Turn::Now(lease)),
                Asked::Waits(id, outlook) => {
                    let (desk, census) = (Arc::clone(self), census());
                    inner.waiting.insert(id, Waiting::Asleep(None));
                    Ok(Turn::Later(Wait { desk, id }, outlook, census))
                }
                Asked::Refused(refused) => Err(NoTurn {
                    refused,
                    census: census(),
                }),
            };
            (turn, effects)
        })
    }

    /// A lease now, or why there is none.
    pub(super) fn ask_now(&self, want: &Want<'_>) -> Result<Lease, NoWay> {
        self.change(|inner, now| inner.scheduler.ask_now(want, now, &chance))
    }

    /// Gives a lease back with what its attempt showed.
    pub(super) fn release(&self, lease: Lease, ended: &Ended<'_>) -> Option<Observation> {
        self.change(|inner, now| inner.scheduler.release(lease, ended, now, &chance))
    }

    /// Gives a lease back whose request never went out.
    pub(super) fn give_back(&self, lease: Lease) {
        self.change(|inner, now| ((), inner.scheduler.give_back(lease, now)));
    }

    /// Changes the scheduler in a way that may let somebody be served.
    pub(super) fn update(&self, change: impl FnOnce(&mut Scheduler, Moment) -> Vec<Effect>) {
        self.change(|inner, now| ((), change(&mut inner.scheduler, now)));
    }

    /// Looks at the scheduler, or changes what serves nobody by itself.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut Scheduler, Moment) -> T) -> T {
        self.change(|inner, now| {
            let seen = look(&mut inner.scheduler, now);
            // Whoever looks lets time pass, and what became free by that is for those who wait.
            (seen, inner.scheduler.tick(now))
        })
    }

    /// When to come back, for somebody whose time is up.
    pub(super) fn retry_after(&self) -> Duration {
        self.inner.lock().scheduler.retry_after()
    }

    /// The first of those who wait, in the order of their turns.
    pub(super) fn in_line(&self, most: usize) -> Vec<InLine> {
        let line = self.inner.lock().scheduler.waiting_line();
        line.first(most)
    }

    /// `true` for the one who from now on calls [`Self::keep`].
    pub(super) fn take_charge(&self) -> bool {
        !std::mem::replace(&mut self.inner.lock().kept, true)
    }

    /// Lets everything happen whose time has come, and says when to come back.
    pub(super) fn keep(&self) -> Due {
        self.update(Scheduler::tick);
        let mut inner = self.inner.lock();
        if inner.waiting.is_empty() {
            inner.kept = false;
            return Due::Over;
        }
        Due::At(inner.scheduler.due())
    }

    /// One change under the lock, with all that follows from it.
    fn change<T>(&self, change: impl FnOnce(&mut Inner, Moment) -> (T, Vec<Effect>)) -> T {
        let now = self.clock.now();
        let mut inner = self.inner.lock();
        let due = inner.scheduler.due();
        let (result, effects) = change(&mut inner, now);
        let wakers = if effects.is_empty() {
            Vec::new()
        } else {
            inner.carry_out(effects, now)
        };
        let due_now = inner.scheduler.due();
        let tell = inner.is_over() || due_now.is_some() && due_now != due;
        drop(inner);
        wakers.into_iter().for_each(Waker::wake);
        if tell {
            self.sooner.notify_one();
        }
        result
    }
}

impl Inner {
    /// Whether somebody keeps the time for nobody.
    fn is_over(&self) -> bool {
        self.kept && self.waiting.is_empty()
    }

    /// Tells waiters what became of them. Those to be woken are returned.
    fn carry_out(&mut self, effects: Vec<Effect>, now: Moment) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let mut rest = effects;
        while let Some(effect) = rest.pop() {
            let (id, became) = match effect {
                Effect::Wake(id, lease) => (id, Waiting::Served(lease)),
                Effect::Refuse(id, refused) => (id, Waiting::Refused(refused)),
            };
            match self.waiting.get_mut(&id) {
                Some(waiting) => {
                    if let Waiting::Asleep(Some(waker)) = std::mem::replace(waiting, became) {
                        wakers.push(waker);
                    }
                }
                None => rest.extend(self.unclaimed(became, now)),
            }
        }
        wakers
    }

    /// What nobody waits for any more goes to the next.
    fn unclaimed(&mut self, became: Waiting, now: Moment) -> Vec<Effect> {
        match became {
            Waiting::Served(lease) => self.scheduler.give_back(lease, now),
            Waiting::Asleep(_) | Waiting::Refused(_) => Vec::new(),
        }
    }
}

/// A place in the queue. Dropped, it is given up.
pub(super) struct Wait {
    desk: Arc<Desk>,
    id: WaiterId,
}

impl Wait {
    pub(super) fn id(&self) -> WaiterId {
        self.id
    }
}

impl Future for Wait {
    type Output = Result<Lease, Refused>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut inner = self.desk.inner.lock();
        let ended = match inner.waiting.remove(&self.id) {
            Some(Waiting::Served(lease)) => Ok(lease),
            Some(Waiting::Refused(refused)) => Err(refused),
            Some(Waiting::Asleep(_)) => {
                let asleep = Waiting::Asleep(Some(cx.waker().clone()));
                inner.waiting.insert(self.id, asleep);
                return Poll::Pending;
            }
            // Polled again after its end, which nobody does; it then never ends.
            None => return Poll::Pending,
        };
        if inner.is_over() {
            self.desk.sooner.notify_one();
        }
        Poll::Ready(ended)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.desk
            .change(|inner, now| match inner.waiting.remove(&self.id) {
                Some(Waiting::Asleep(_)) => {
                    inner.scheduler.leave(self.id);
                    ((), Vec::new())
                }
                Some(became) => ((), inner.unclaimed(became, now)),
                None => ((), Vec::new()),
            });
    }
}
