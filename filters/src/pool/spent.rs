//! The account book of one pool key: what was spent, what leases that are out hold, what is left.
//!
//! Invariants: counts only grow, and what was spent today, since a probe or since it was last booked is
//! the difference to a [`Mark`], so that a lease touches a few numbers and nothing else; what is reserved
//! is settled exactly once, as spent or as not; what is left is what caps and balance allow less what
//! was spent and what is reserved.

use crate::limit::Limit;
use crate::model::PoolKey;

/// More than any account has.
const PLENTY: i64 = i64::MAX / 4;
/// More requests than any account does in a day.
const MANY: i64 = 1 << 30;

/// Requests and Anlas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Wraps around; the differences are what counts.
    pub(super) requests: u32,
    pub(super) anlas: u64,
}

impl Mark {
    fn since(self, earlier: Self) -> Self {
        Self {
            requests: self.requests.wrapping_sub(earlier.requests),
            anlas: self.anlas.saturating_sub(earlier.anlas),
        }
    }
}

/// Where the counts stood when something began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    day: Mark,
    booked: Mark,
    /// Anlas when the balance was seen.
    seen: u64,
}

/// The account book of one key.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    anlas: u64,
    reserved_anlas: u64,
    /// Below zero where caps were lowered or the balance was seen to be lower than thought.
    anlas_left: i64,
    requests: u32,
    reserved_requests: u32,
    requests_left: i32,
}

impl Spent {
    pub(super) fn reserve(&mut self, anlas: u32) {
        self.reserved_anlas += u64::from(anlas);
        self.reserved_requests += 1;
        self.anlas_left -= i64::from(anlas);
        self.requests_left -= 1;
    }

    /// Ends a reservation; `charged` says whether the work counts.
    pub(super) fn settle(&mut self, anlas: u32, charged: bool) {
        self.reserved_anlas = self.reserved_anlas.saturating_sub(u64::from(anlas));
        self.reserved_requests = self.reserved_requests.saturating_sub(1);
        if charged {
            self.anlas += u64::from(anlas);
            self.requests = self.requests.wrapping_add(1);
        } else {
            self.anlas_left += i64::from(anlas);
            self.requests_left += 1;
        }
    }

    fn total(&self) -> Mark {
        Mark {
            requests: self.requests,
            anlas: self.anlas,
        }
    }

    /// Anlas that may be spent on one more request, and one more than that; 0 where no further request
    /// may be served at all.
    pub(super) fn has(&self) -> u32 {
        if self.requests_left <= 0 {
            return 0;
        }
        let anlas = u32::try_from(self.anlas_left.max(0)).unwrap_or(u32::MAX);
        anlas.saturating_add(1)
    }

    /// Whether the requests of the day are used up.
    pub(super) fn is_exhausted(&self) -> bool {
        self.requests_left <= 0
    }

    /// Whether a cap counts requests: without one, more are left than any account does in a day.
    pub(super) fn counts_requests(&self) -> bool {
        i64::from(self.requests_left) < MANY / 2
    }

    /// What was spent since the day began.
    pub(super) fn today(&self, marks: &Marks) -> Mark {
        self.total().since(marks.day)
    }

    /// Anlas spent since the balance was seen.
    pub(super) fn unseen(&self, marks: &Marks) -> u64 {
        self.anlas.saturating_sub(marks.seen)
    }

    /// What was spent and not yet booked; from here on it counts as booked.
    pub(super) fn book(&self, marks: &mut Marks) -> Mark {
        self.total()
            .since(std::mem::replace(&mut marks.booked, self.total()))
    }

    /// A new day begins.
    pub(super) fn turn(&self, marks: &mut Marks) {
        marks.day = self.total();
    }

    /// The balance was seen anew.
    pub(super) fn seen(&self, marks: &mut Marks) {
        marks.seen = self.anlas;
    }

    /// Takes over what was spent and booked today before this process began.
    pub(super) fn restore(&mut self, marks: &mut Marks, today: Mark) {
        self.requests = self.requests.wrapping_add(today.requests);
        self.anlas += today.anlas;
        marks.booked.requests = marks.booked.requests.wrapping_add(today.requests);
        marks.booked.anlas += today.anlas;
        marks.seen += today.anlas;
    }

    /// Counts anew what is left, after the key's caps, its balance or the day has changed.
    pub(super) fn recount(&mut self, marks: &Marks, key: &PoolKey) {
        let caps = &key.caps;
        let today = self.today(marks);
        let requests = left(
            caps.requests_per_day,
            u64::from(today.requests) + u64::from(self.reserved_requests),
        );
        // Many enough that no day uses them up.
        self.requests_left = i32::try_from(requests.clamp(-MANY, MANY)).unwrap_or(0);
        let balance = match key.account {
            _ if caps.free_only => 0,
            Some(account) => {
                i64::from(account.anlas) - i64::from(caps.keep_anlas) - signed(self.unseen(marks))
            }
            // What is to be kept of an unknown balance cannot be told apart from all of it.
            None if caps.keep_anlas > 0 => 0,
            None => PLENTY,
        };
        let today = left(caps.anlas_per_day, today.anlas);
        self.anlas_left = balance.min(today) - signed(self.reserved_anlas);
    }
}

fn left(cap: Limit, taken: u64) -> i64 {
    match cap {
        Limit::Unlimited => PLENTY,
        Limit::AtMost(most) => i64::from(most) - signed(taken),
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(PLENTY).min(PLENTY)
}
