//! What is counted as it happens, upstream by upstream, for whoever monitors the relay.
//!
//! A request adds to a handful of numbers that its upstream has ready; nothing is looked up or allocated for it.
//! Invariant: an upstream's tally outlives every snapshot; it is kept by the upstream's name.

mod histogram;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;
use parking_lot::Mutex;
use potluck_filters::judge::{Outcome, Scope, Verdict};
use potluck_filters::meter::{Figure, Figures};
use potluck_filters::rejection::Code;
use potluck_filters::scheduler::Outlook;
use potluck_filters::usage::Times;

use crate::metrics::Spread;
use histogram::{Bounds, Histogram};

/// What is counted in microseconds is told in seconds.
const SECOND: f64 = 1_000_000.0;
/// Whole requests, from a refusal at once to an hour of conversation.
static TOTAL: Bounds<16> = Bounds {
    upper: [
        1_000,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        30_000_000,
        60_000_000,
        300_000_000,
        1_200_000_000,
    ],
    one: SECOND,
};
/// What the relay itself takes.
static OWN: Bounds<12> = Bounds {
    upper: [
        25, 50, 100, 150, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000,
    ],
    one: SECOND,
};
/// Waits; clients give up at thirty seconds.
static WAIT: Bounds<10> = Bounds {
    upper: [
        100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 15_000_000, 25_000_000,
        60_000_000,
    ],
    one: SECOND,
};
/// Requests ahead in the queue.
static AHEAD: Bounds<8> = Bounds {
    upper: [0, 1, 3, 10, 30, 100, 300, 1000],
    one: 1.0,
};

/// The classes that answers are counted by; the last has none: the client was gone before.
pub(super) const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "none"];
/// Who gave the answer.
pub(super) const SOURCES: [&str; 2] = ["upstream", "relay"];
pub(super) const OUTCOMES: [Outcome; 8] = [
    Outcome::Ok,
    Outcome::Client,
    Outcome::Key,
    Outcome::Quota,
    Outcome::Busy,
    Outcome::Upstream,
    Outcome::Egress,
    Outcome::Relay,
];
/// What may rest.
pub(super) const SCOPES: [Scope; 5] = [
    Scope::Key,
    Scope::KeyModel,
    Scope::Node,
    Scope::Proxy,
    Scope::Upstream,
];

type Count<const N: usize> = [AtomicU64; N];

/// One upstream's numbers.
#[derive(Debug)]
pub(super) struct Tally {
    /// By source, then by class.
    requests: [Count<6>; 2],
    attempts: Count<8>,
    rests: Count<5>,
    answer_bytes: AtomicU64,
    /// Of what was asked, and of what was answered.
    tokens: Count<2>,
    total: Histogram<16>,
    first_byte: Histogram<16>,
    own: Histogram<12>,
    ahead: Histogram<8>,
    expected: Histogram<10>,
    waited: Histogram<10>,
}

fn zeros<const N: usize>() -> Count<N> {
    std::array::from_fn(|_| AtomicU64::new(0))
}

/// Relaxed: each number stands for itself, and is only ever added to.
fn add(counter: Option<&AtomicU64>, number: u64) {
    if let Some(counter) = counter {
        counter.fetch_add(number, Ordering::Relaxed);
    }
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            requests: [zeros(), zeros()],
            attempts: zeros(),
            rests: zeros(),
            answer_bytes: AtomicU64::new(0),
            tokens: zeros(),
            total: Histogram::new(&TOTAL),
            first_byte: Histogram::new(&TOTAL),
            own: Histogram::new(&OWN),
            ahead: Histogram::new(&AHEAD),
            expected: Histogram::new(&WAIT),
            waited: Histogram::new(&WAIT),
        }
    }
}

/// How a request ended.
pub(super) struct End {
    /// What the client saw, if anything.
    pub(super) status: Option<StatusCode>,
    /// Whether that was an upstream's answer.
    pub(super) answered: bool,
    pub(super) bytes: u64,
    pub(super) times: Times,
}

impl Tally {
    /// A request has ended.
    pub(super) fn ended(&self, end: &End) {
        // Who left before there was an answer left the upstream's.
        let by_relay = !end.answered && end.status.is_some();
        let of_source = self.requests.get(usize::from(by_relay));
        add(of_source.and_then(|classes| classes.get(class(end.status))), 1);
        add(Some(&self.answer_bytes), end.bytes);
        self.total.observe(end.times.total);
        if let Some(first_byte) = end.times.first_byte.filter(|_| end.answered) {
            self.first_byte.observe(first_byte);
        }
        // An error's body is read before it is passed on, so that its time is no measure of the relay.
        let well = end.answered && end.status.is_some_and(|status| status.as_u16() < 400);
        if let Some(own) = end.times.own.filter(|_| well) {
            self.own.observe(own);
        }
    }

    /// It has used that.
    pub(super) fn used(&self, figures: &Figures) {
        for (counter, figure) in self.tokens.iter().zip([figures.prompt, figures.completion]) {
            match figure {
                Figure::None | Figure::Estimated(0) | Figure::Reported(0) => {}
                Figure::Estimated(tokens) | Figure::Reported(tokens) => add(Some(counter), tokens),
            }
        }
    }

    /// An attempt has ended.
    pub(super) fn tried(&self, verdict: &Verdict) {
        let place = OUTCOMES.iter().position(|outcome| *outcome == verdict.outcome);
        add(place.and_then(|place| self.attempts.get(place)), 1);
        let rests = SCOPES.iter().position(|scope| *scope == verdict.scope);
        add(rests.and_then(|place| self.rests.get(place)), 1);
    }

    /// A request has joined the queue.
    pub(super) fn joined(&self, outlook: Outlook) {
        self.ahead
            .observe(u64::try_from(outlook.ahead).unwrap_or(u64::MAX));
        if let Some(expected) = outlook.expected {
            self.expected.observe(micros(expected));
        }
    }

    /// It has left the queue, served or not.
    pub(super) fn left(&self, waited: Duration) {
        self.waited.observe(micros(waited));
    }

    /// Requests by who answered and how.
    pub(super) fn requests(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let sources = SOURCES.into_iter().zip(&self.requests);
        sources.flat_map(|(source, classes)| {
            let classes = CLASSES.into_iter().zip(classes);
            classes.map(move |(class, counter)| (source, class, read(counter)))
        })
    }

    /// Requests, and those of them that failed by no fault of the client.
    pub(super) fn ended_and_failed(&self) -> (u64, u64) {
        self.requests().fold((0, 0), |(all, failed), (_, class, number)| {
            let fault = if class == "5xx" { number } else { 0 };
            (all + number, failed + fault)
        })
    }

    /// Tokens of what was asked, and of what was answered.
    pub(super) fn tokens(&self) -> [u64; 2] {
        self.tokens.each_ref().map(read)
    }

    /// Requests that have left the queue, and for how many microseconds they were there together.
    pub(super) fn waits(&self) -> (u64, u64) {
        self.waited.count_and_sum()
    }

    pub(super) fn attempts(&self) -> impl Iterator<Item = (Outcome, u64)> {
        OUTCOMES.into_iter().zip(self.attempts.iter().map(read))
    }

    pub(super) fn rests(&self) -> impl Iterator<Item = (Scope, u64)> {
        SCOPES.into_iter().zip(self.rests.iter().map(read))
    }

    pub(super) fn answer_bytes(&self) -> u64 {
        read(&self.answer_bytes)
    }

    pub(super) fn total(&self) -> Spread {
        self.total.read()
    }

    pub(super) fn first_byte(&self) -> Spread {
        self.first_byte.read()
    }

    pub(super) fn own(&self) -> Spread {
        self.own.read()
    }

    pub(super) fn ahead(&self) -> Spread {
        self.ahead.read()
    }

    pub(super) fn expected(&self) -> Spread {
        self.expected.read()
    }

    pub(super) fn waited(&self) -> Spread {
        self.waited.read()
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// The place of an answer's class.
fn class(status: Option<StatusCode>) -> usize {
    let hundreds = status.map(|status| usize::from(status.as_u16() / 100));
    hundreds.map_or(CLASSES.len() - 1, |hundreds| hundreds.clamp(1, 5) - 1)
}

/// All tallies of the process.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    by_name: Mutex<BTreeMap<Arc<str>, Arc<Tally>>>,
    /// Of requests that came to no upstream.
    pub(super) nowhere: Arc<Tally>,
    refusals: Refusals,
}

/// The relay's own refusals, by code.
#[derive(Debug)]
struct Refusals(Vec<AtomicU64>);

impl Default for Refusals {
    fn default() -> Self {
        Self(Code::ALL.iter().map(|_| AtomicU64::new(0)).collect())
    }
}

impl Tallies {
    /// The tally of an upstream. Asked for when the upstream is set up, never by a request.
    pub(super) fn of(&self, upstream: &Arc<str>) -> Arc<Tally> {
        let mut by_name = self.by_name.lock();
        Arc::clone(by_name.entry(Arc::clone(upstream)).or_default())
    }

    /// All of them by name, and under `-` what came to none.
    pub(super) fn all(&self) -> Vec<(Arc<str>, Arc<Tally>)> {
        let by_name = self.by_name.lock();
        let named = by_name
            .iter()
            .map(|(name, tally)| (Arc::clone(name), Arc::clone(tally)));
        let nowhere = (Arc::from("-"), Arc::clone(&self.nowhere));
        named.chain([nowhere]).collect()
    }

    /// The relay has refused a request.
    pub(super) fn refused(&self, code: Code) {
        let place = Code::ALL.iter().position(|known| *known == code);
        add(place.and_then(|place| self.refusals.0.get(place)), 1);
    }

    /// Refusals by code, as far as there were any.
    pub(super) fn refusals(&self) -> impl Iterator<Item = (Code, u64)> {
        let each = Code::ALL.iter().copied().zip(self.refusals.0.iter().map(read));
        each.filter(|(_, number)| *number > 0)
    }
}

#[cfg(test)]
mod tests;
