//! Ways to hand out accounts: what a simulation asks of each, and the two that Potluck is compared with.

use std::collections::{BTreeSet, VecDeque};

use crate::load::Scenario;

/// Names a request in a simulation.
pub(crate) type Ticket = usize;

/// What somebody who asks gets.
#[derive(Debug)]
pub(crate) enum Answer<H> {
    Starts(H),
    Waits,
    Refused,
}

/// What becomes of somebody who waits.
#[derive(Debug)]
pub(crate) enum News<H> {
    Starts(Ticket, H),
    /// Had to make room.
    Sent(Ticket),
}

/// A way to hand out accounts. Times are in milliseconds.
pub(crate) trait Discipline {
    /// An account while a request is in flight on it.
    type Hold;

    fn ask(
        &mut self,
        ticket: Ticket,
        user: usize,
        now: u64,
        news: &mut Vec<News<Self::Hold>>,
    ) -> Answer<Self::Hold>;

    fn end(&mut self, hold: Self::Hold, now: u64, news: &mut Vec<News<Self::Hold>>);

    /// Somebody whose patience is over.
    fn leave(&mut self, ticket: Ticket);
}

/// The next account in turn, whether it is busy or not; a busy one answers 429, and that is what the
/// client gets. Nothing rests after that, which is kinder than what happens in reality.
pub(crate) struct RoundRobin {
    busy: Vec<bool>,
    next: usize,
}

impl RoundRobin {
    pub(crate) fn new(accounts: usize) -> Self {
        Self {
            busy: vec![false; accounts],
            next: 0,
        }
    }
}

impl Discipline for RoundRobin {
    type Hold = usize;

    fn ask(&mut self, _: Ticket, _: usize, _: u64, _: &mut Vec<News<usize>>) -> Answer<usize> {
        let account = self.next;
        self.next = (self.next + 1) % self.busy.len().max(1);
        match self.busy.get_mut(account) {
            Some(busy) if !*busy => {
                *busy = true;
                Answer::Starts(account)
            }
            Some(_) | None => Answer::Refused,
        }
    }

    fn end(&mut self, hold: usize, _: u64, _: &mut Vec<News<usize>>) {
        if let Some(busy) = self.busy.get_mut(hold) {
            *busy = false;
        }
    }

    fn leave(&mut self, _: Ticket) {}
}

/// One queue for all, first come first served, with Potluck's bound on how many wait.
pub(crate) struct Fifo {
    free: Vec<usize>,
    waiting: VecDeque<Ticket>,
    here: BTreeSet<Ticket>,
    most: usize,
}

impl Fifo {
    pub(crate) fn new(accounts: usize, scenario: &Scenario) -> Self {
        let (waiting, here) = (VecDeque::new(), BTreeSet::new());
        Self {
            free: (0..accounts).collect(),
            waiting,
            here,
            most: scenario.queue.per_upstream,
        }
    }
}

impl Discipline for Fifo {
    type Hold = usize;

    fn ask(&mut self, ticket: Ticket, _: usize, _: u64, _: &mut Vec<News<usize>>) -> Answer<usize> {
        if let Some(account) = self.free.pop() {
            return Answer::Starts(account);
        }
        if self.here.len() >= self.most {
            return Answer::Refused;
        }
        self.waiting.push_back(ticket);
        self.here.insert(ticket);
        Answer::Waits
    }

    fn end(&mut self, hold: usize, _: u64, news: &mut Vec<News<usize>>) {
        while let Some(ticket) = self.waiting.pop_front() {
            if self.here.remove(&ticket) {
                news.push(News::Starts(ticket, hold));
                return;
            }
        }
        self.free.push(hold);
    }

    fn leave(&mut self, ticket: Ticket) {
        self.here.remove(&ticket);
    }
}
