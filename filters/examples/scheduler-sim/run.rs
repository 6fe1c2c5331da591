//! One simulation: events in the order of time, from the first request to the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::discipline::{Answer, Discipline, News, Ticket};
use crate::draw::Draw;
use crate::load::{Arrivals, Scenario};
use crate::outcome::{Outcome, Tally};

/// How long, how many, and from which seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) accounts: usize,
    /// Requests that all accounts can do in a millisecond.
    pub(crate) capacity: f64,
    pub(crate) warm_up_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// Somebody asks; the next one is drawn then.
    Arrival,
    /// So many more of a burst of this user.
    Burst { user: usize, more: usize },
    /// The request that is in flight under this number ends.
    End(usize),
    /// Somebody's patience is over.
    Leaves(Ticket),
}

/// A request that was made.
#[derive(Clone, Copy, Debug)]
struct Request {
    user: usize,
    asked: u64,
    waits: bool,
}

struct Run<'a, D: Discipline> {
    frame: Frame,
    scenario: &'a Scenario,
    discipline: D,
    draw: Draw,
    events: BinaryHeap<Reverse<(u64, Event)>>,
    requests: Vec<Request>,
    in_flight: Vec<Option<D::Hold>>,
    free: Vec<usize>,
    tally: Tally,
}

/// Simulates one way to hand out accounts in one scenario.
pub(crate) fn run<D: Discipline>(frame: Frame, scenario: &Scenario, discipline: D) -> Outcome {
    let mut run = Run {
        frame,
        scenario,
        discipline,
        draw: Draw::new(frame.seed),
        events: BinaryHeap::new(),
        requests: Vec::new(),
        in_flight: Vec::new(),
        free: Vec::new(),
        tally: Tally::new(scenario.users),
    };
    for _ in 0..scenario.backlog {
        (0..scenario.users).for_each(|user| run.ask(user, 0));
    }
    run.events.push(Reverse((0, Event::Arrival)));
    while let Some(Reverse((now, event))) = run.events.pop().filter(|Reverse((now, _))| *now < frame.end_ms) {
        run.happen(event, now);
    }
    run.tally.outcome(&frame, scenario)
}

impl<D: Discipline> Run<'_, D> {
    fn happen(&mut self, event: Event, now: u64) {
        match event {
            Event::Arrival => self.arrive(now),
            Event::Burst { user, more } => self.burst(user, more, now),
            Event::End(number) => self.end(number, now),
            Event::Leaves(ticket) => self.leave(ticket, now),
        }
    }

    fn arrive(&mut self, now: u64) {
        let user = self.scenario.user(&mut self.draw);
        let rate = self.frame.capacity * self.scenario.load;
        let pause = match self.scenario.arrivals {
            Arrivals::Poisson => {
                self.ask(user, now);
                self.draw.pause(rate)
            }
            Arrivals::Bursts { mean, .. } => {
                let more = self.draw.pause(1.0 / mean) as usize;
                self.burst(user, more, now);
                self.draw.pause(rate / (mean + 0.5))
            }
        };
        // Several may arrive in one millisecond; what is left of one is not lost on average.
        let whole = pause as u64 + u64::from(self.draw.unit() < pause.fract());
        self.events.push(Reverse((now + whole, Event::Arrival)));
    }

    fn burst(&mut self, user: usize, more: usize, now: u64) {
        self.ask(user, now);
        if let (Some(more), Arrivals::Bursts { apart_ms, .. }) = (more.checked_sub(1), self.scenario.arrivals)
        {
            self.events
                .push(Reverse((now + apart_ms, Event::Burst { user, more })));
        }
    }

    fn ask(&mut self, user: usize, now: u64) {
        let ticket = self.requests.len();
        let mut news = Vec::new();
        let answer = self.discipline.ask(ticket, user, now, &mut news);
        let waits = matches!(answer, Answer::Waits);
        let counts = now >= self.frame.warm_up_ms;
        self.tally.asked(user, counts);
        self.requests.push(Request {
            user,
            asked: now,
            waits,
        });
        match answer {
            Answer::Starts(hold) => self.start(ticket, hold, now),
            Answer::Waits => {
                let patience = u64::try_from(self.scenario.queue.max_wait.as_millis()).unwrap_or(u64::MAX);
                self.events.push(Reverse((now + patience, Event::Leaves(ticket))));
            }
            Answer::Refused => self.tally.refused(counts),
        }
        self.hear(news, now);
    }

    fn start(&mut self, ticket: Ticket, hold: D::Hold, now: u64) {
        let Some(request) = self.requests.get_mut(ticket) else {
            return;
        };
        request.waits = false;
        let takes = self.draw.generation_ms();
        let number = self.free.pop().unwrap_or_else(|| {
            self.in_flight.push(None);
            self.in_flight.len() - 1
        });
        if let Some(place) = self.in_flight.get_mut(number) {
            *place = Some(hold);
        }
        self.events.push(Reverse((now + takes, Event::End(number))));
        let (user, waited) = (request.user, now - request.asked);
        self.tally.served(user, waited, now >= self.frame.warm_up_ms);
        let (from, to) = (
            now.max(self.frame.warm_up_ms),
            (now + takes).min(self.frame.end_ms),
        );
        self.tally.busy(to.saturating_sub(from));
    }

    fn end(&mut self, number: usize, now: u64) {
        let Some(hold) = self.in_flight.get_mut(number).and_then(Option::take) else {
            return;
        };
        self.free.push(number);
        let mut news = Vec::new();
        self.discipline.end(hold, now, &mut news);
        self.hear(news, now);
    }

    fn leave(&mut self, ticket: Ticket, now: u64) {
        let Some(request) = self.requests.get_mut(ticket).filter(|request| request.waits) else {
            return;
        };
        request.waits = false;
        self.discipline.leave(ticket);
        self.tally.left(now >= self.frame.warm_up_ms);
    }

    fn hear(&mut self, news: Vec<News<D::Hold>>, now: u64) {
        for one in news {
            match one {
                News::Starts(ticket, hold) => self.start(ticket, hold, now),
                News::Sent(ticket) => {
                    if let Some(request) = self.requests.get_mut(ticket) {
                        request.waits = false;
                    }
                    self.tally.refused(now >= self.frame.warm_up_ms);
                }
            }
        }
    }
}
