//! Who waits, and who is next: weighted fair among users, first come first served within a user.
//!
//! Start-time fair queueing with one tag per user: the virtual time at which the user's next request
//! begins. Who is served moves on by one request over its weight, so that over any backlogged stretch
//! each user gets work in proportion to its weight, however many requests it has sent. All users who
//! contribute nothing share the weight of one (`Share::Guest`), fairly among themselves.
//!
//! Requests of one class are alike to every key. A free key looks at the head of each class that it may
//! serve, so what one key can not do never holds up what it can.
//!
//! Invariants: each waiter is in its class, its user's line and the count exactly once; who begins to wait
//! begins at the queue's clock, so that nobody saves up turns by not asking; a waiter that was taken out
//! is gone everywhere, and a user of whom nobody waits is forgotten once the clock has caught up.

mod class;
mod line;
mod order;
mod share;
mod tag;

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Duration;

use class::Class;
use line::Line;
pub use order::InLine;
pub use share::Share;
use tag::{Clock, Tag};

use crate::id::UserId;
use crate::time::Moment;

/// Bounds on a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// Longest wait for a lease, where neither route nor client says less.
    pub max_wait: Duration,
    /// Most requests that wait at once; 0 lets nobody wait.
    pub per_upstream: usize,
    /// Most requests of one user that wait at once.
    pub per_user: usize,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            max_wait: Duration::from_secs(25),
            per_upstream: 1_024,
            per_user: 64,
        }
    }
}

/// So many users of whom nobody waits are never worth forgetting.
const FEW: usize = 64;

/// Names a waiter; never given twice by one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaiterId(u64);

/// Who waits.
#[derive(Clone, Copy, Debug)]
struct Waiter {
    user: UserId,
    class: usize,
    since: Moment,
}

/// What became of somebody who wanted to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// Waits now.
    Waits(WaiterId),
    /// Waits now, and the newest request of the user with most of them has to go.
    InsteadOf(WaiterId, WaiterId),
    /// There is no room for this user.
    Full,
}

/// The queue of one upstream. `C` says what a request needs.
#[derive(Clone, Debug)]
pub struct Queue<C> {
    settings: QueueSettings,
    waiters: HashMap<WaiterId, Waiter>,
    classes: Vec<Class<C>>,
    lines: HashMap<UserId, Line>,
    /// Users by how many of their requests wait.
    lengths: BTreeSet<(usize, UserId)>,
    clock: Clock,
    guests: Clock,
    guests_tag: Tag,
    guests_waiting: usize,
    /// What the contributors who wait weigh together.
    weight: u64,
    /// More users than that are worth looking whom to forget.
    many: usize,
    next: u64,
}

impl<C: Clone + Eq + Hash> Queue<C> {
    /// An empty queue.
    #[must_use]
    pub fn new(settings: QueueSettings) -> Self {
        Self {
            settings,
            waiters: HashMap::new(),
            classes: Vec::new(),
            lines: HashMap::new(),
            lengths: BTreeSet::new(),
            clock: Clock::default(),
            guests: Clock::default(),
            guests_tag: Tag::default(),
            guests_waiting: 0,
            weight: 0,
            many: FEW,
            next: 0,
        }
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiters.len()
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// How many users wait.
    #[must_use]
    pub fn users(&self) -> usize {
        self.lengths.len()
    }

    /// How many requests of this user wait.
    #[must_use]
    pub fn len_of(&self, user: UserId) -> usize {
        self.lines.get(&user).map_or(0, Line::len)
    }

    /// Since when somebody waits.
    #[must_use]
    pub fn since(&self, id: WaiterId) -> Option<Moment> {
        self.waiters.get(&id).map(|waiter| waiter.since)
    }

    /// At most about so many are served before the next request of this user, if it joined now with that
    /// share: in fair turns, nobody gets more than weights say while the user's own line moves.
    #[must_use]
    pub fn ahead_of(&self, user: UserId, share: Share) -> usize {
        let line = self.lines.get(&user).filter(|line| line.len() > 0);
        let (own, share) = line.map_or((0, share), |line| (line.len(), line.share()));
        let joins = u64::from(line.is_none());
        let guests = u64::from(self.guests_waiting > 0);
        // How many are served while this user is served once: all weights over its own.
        let (all, mine) = match share {
            Share::Guest => ((self.weight + 1) * (self.guests_waiting as u64 + joins), 1),
            Share::Weight(weight) => {
                let mine = u64::from(weight.max(1));
                (self.weight + guests + mine * joins, mine)
            }
        };
        let served = all.saturating_mul(own as u64 + 1).div_ceil(mine);
        self.len()
            .min(usize::try_from(served).unwrap_or(usize::MAX).saturating_sub(1))
    }

    /// Lets a request wait, if there is room.
    pub fn join(&mut self, user: UserId, share: Share, of: C, now: Moment) -> Joined {
        if self.len_of(user) >= self.settings.per_user || self.settings.per_upstream == 0 {
            return Joined::Full;
        }
        let instead_of = if self.len() < self.settings.per_upstream {
            None
        } else {
            match self.newest_of_the_longest(self.len_of(user)) {
                Some(newest) => Some(newest),
                None => return Joined::Full,
            }
        };
        if let Some(newest) = instead_of {
            self.leave(newest);
        }
        let id = self.admit(user, share, of, now);
        instead_of.map_or(Joined::Waits(id), |newest| Joined::InsteadOf(id, newest))
    }

    /// The newest request of the user with most of them, if that user has more than one with `own`
    /// and this one would have.
    fn newest_of_the_longest(&self, own: usize) -> Option<WaiterId> {
        let (length, user) = self.lengths.last()?;
        let longest = self.lines.get(user).filter(|_| *length > own + 1)?;
        longest.newest()
    }

    fn admit(&mut self, user: UserId, share: Share, of: C, now: Moment) -> WaiterId {
        let id = WaiterId(self.next);
        self.next += 1;
        let class = self.class(of);
        self.begin(user, share);
        self.waiters.insert(
            id,
            Waiter {
                user,
                class,
                since: now,
            },
        );
        self.change_line(user, |line| line.push(class, id));
        id
    }

    fn class(&mut self, of: C) -> usize {
        let known = self.classes.iter().position(|class| class.of == of);
        let vacant = || self.classes.iter().position(Class::is_empty);
        let fresh = Class {
            of,
            members: BTreeSet::new(),
            guests: BTreeSet::new(),
        };
        if let Some(known) = known {
            return known;
        }
        match vacant() {
            Some(vacant) => {
                if let Some(class) = self.classes.get_mut(vacant) {
                    *class = fresh;
                }
                vacant
            }
            None => {
                self.classes.push(fresh);
                self.classes.len() - 1
            }
        }
    }

    /// A user who begins to wait begins at the clock, and so do the guests together.
    fn begin(&mut self, user: UserId, share: Share) {
        if self.len_of(user) > 0 {
            return;
        }
        let clock = match share {
            Share::Guest => {
                if self.guests_waiting == 0 {
                    self.guests_tag = self.clock.not_behind(self.guests_tag);
                }
                self.guests_waiting += 1;
                &self.guests
            }
            Share::Weight(weight) => {
                self.weight += u64::from(weight);
                &self.clock
            }
        };
        // Guests and contributors count in different times.
        let before = self
            .lines
            .get(&user)
            .filter(|line| line.share().is_guest() == share.is_guest());
        let tag = clock.not_behind(before.map_or_else(Tag::default, Line::tag));
        self.lines.insert(user, Line::new(share, tag));
    }

    /// Changes a user's line, and with it the user's places in the classes and among the lengths.
    fn change_line(&mut self, user: UserId, change: impl FnOnce(&mut Line)) {
        let Some(line) = self.lines.get_mut(&user) else {
            return;
        };
        for (class, head) in line.heads() {
            if let Some(class) = self.classes.get_mut(class) {
                class.side(line.share()).remove(&(line.tag(), head, user));
            }
        }
        self.lengths.remove(&(line.len(), user));
        change(line);
        for (class, head) in line.heads() {
            if let Some(class) = self.classes.get_mut(class) {
                class.side(line.share()).insert((line.tag(), head, user));
            }
        }
        if line.len() > 0 {
            self.lengths.insert((line.len(), user));
            return;
        }
        match line.share() {
            Share::Guest => self.guests_waiting -= 1,
            Share::Weight(weight) => self.weight -= u64::from(weight),
        }
        self.forget();
    }

    /// Lets go of users of whom nobody waits and who are owed nothing: of all once nobody waits at all, and
    /// of those that the clock has caught up with once all have become twice as many.
    fn forget(&mut self) {
        if self.waiters.is_empty() {
            self.lines.clear();
            self.classes.clear();
            (self.clock, self.guests) = (Clock::default(), Clock::default());
            self.guests_tag = Tag::default();
            self.many = FEW;
        } else if self.lines.len() > self.many {
            let (clock, guests) = (self.clock, self.guests);
            self.lines.retain(|_, line| {
                let clock = if line.share().is_guest() { guests } else { clock };
                line.len() > 0 || clock.is_behind(line.tag())
            });
            self.many = self.lines.len() * 2 + FEW;
        }
    }

    /// Takes somebody out who no longer waits. `false` if there is no such waiter.
    pub fn leave(&mut self, id: WaiterId) -> bool {
        let Some(waiter) = self.waiters.remove(&id) else {
            return false;
        };
        self.change_line(waiter.user, |line| line.remove(waiter.class, id));
        true
    }

    /// The first in the fair order whose class `serves` accepts, with what it needs.
    pub fn first(&self, mut serves: impl FnMut(&C) -> bool) -> Option<(WaiterId, &C)> {
        let servable = self
            .classes
            .iter()
            .filter(|class| !class.is_empty() && serves(&class.of));
        let heads = servable.flat_map(|class| {
            let member = class
                .members
                .first()
                .map(|(tag, id, _)| ((*tag, Tag::default(), *id), &class.of));
            let guest = class
                .guests
                .first()
                .map(|(tag, id, _)| ((self.guests_tag, *tag, *id), &class.of));
            member.into_iter().chain(guest)
        });
        let ((_, _, id), of) = heads.min_by_key(|(order, _)| *order)?;
        Some((id, of))
    }

    /// All who wait and of whose class `tell` has something to say, first come first, with what that is.
    pub fn all<T: Copy>(&self, mut tell: impl FnMut(&C) -> Option<T>) -> Vec<(WaiterId, T)> {
        let said = |class: &Class<C>| (!class.is_empty()).then(|| tell(&class.of)).flatten();
        let said: Vec<Option<T>> = self.classes.iter().map(said).collect();
        let of = |(id, waiter): (&WaiterId, &Waiter)| Some((*id, (*said.get(waiter.class)?)?));
        let mut all: Vec<_> = self.waiters.iter().filter_map(of).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    /// Takes somebody out to be served, which moves the user's tag on. The time waited; `None` if there
    /// is no such waiter.
    pub fn serve(&mut self, id: WaiterId, now: Moment) -> Option<Duration> {
        let waiter = self.waiters.remove(&id)?;
        let line = self.lines.get(&waiter.user)?;
        let (share, tag) = (line.share(), line.tag());
        let weight = self.weight + u64::from(self.guests_waiting > 0);
        match share {
            Share::Guest => {
                self.clock.pass(weight, self.guests_tag);
                self.guests_tag = self.guests_tag.after_one(1);
                self.guests.pass(self.guests_waiting as u64, tag);
            }
            Share::Weight(_) => self.clock.pass(weight, tag),
        }
        self.change_line(waiter.user, |line| {
            line.remove(waiter.class, id);
            line.move_on();
        });
        Some(now.since(waiter.since))
    }
}

#[cfg(test)]
mod tests;
