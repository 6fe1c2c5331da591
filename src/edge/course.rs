//! A request's course: what is noted of it on its way, for whoever asks later why it went as it did.
//!
//! A request that is served at once by the first key that is asked leaves a few numbers here and no trace: nothing is
//! allocated for it.

use std::sync::Arc;
use std::time::Duration;

use potluck_filters::judge::{Outcome, Verdict};
use potluck_filters::pool::Census;
use potluck_filters::queue::WaiterId;
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::scheduler::Outlook;
use potluck_filters::time::Moment;
use potluck_filters::trace::{Attempt, Trace, What};
use potluck_filters::usage::LiveStage;
use potluck_filters::window::Remaining;

use super::guard::LeaseGuard;
use super::live::LiveUpstream;
use super::spans::Span;
use super::under_way::Place;
use super::wait::Waited;
use crate::clock::unix_ms;

/// What is noted of a request on its way.
#[derive(Default)]
pub(super) struct Course {
    pub(super) waited: Waited,
    /// Its entry among the requests on their way, once it has one.
    pub(super) place: Option<Place>,
    /// Its span, where it is traced.
    pub(super) span: Option<Box<Span>>,
    /// When its head came, in microseconds of the edge's clock. Kept here alone.
    began: u64,
    trace: Option<Arc<Trace>>,
}

/// The end of one attempt.
pub(super) struct AttemptEnd<'a> {
    pub(super) began: Moment,
    pub(super) now: Moment,
    pub(super) status: Option<u16>,
    pub(super) retry_after: Option<Duration>,
    pub(super) verdict: &'a Verdict,
}

impl Course {
    /// Of a request whose head came then, in microseconds of the edge's clock.
    pub(super) fn new(began: u64) -> Self {
        Self {
            began,
            ..Self::default()
        }
    }

    /// When its head came.
    pub(super) fn began(&self) -> Moment {
        Moment::from_millis(self.began / 1000)
    }

    /// Microseconds since its head came.
    pub(super) fn since_began(&self, micros: u64) -> u64 {
        micros.saturating_sub(self.began)
    }

    /// Takes the trace out, where there is one.
    pub(super) fn take_trace(&mut self) -> Option<Arc<Trace>> {
        self.trace.take()
    }

    /// Another upstream stands in.
    pub(super) fn goes_on_to(&mut self, upstream: &LiveUpstream, now: Moment) {
        let upstream = upstream.upstream.name.clone();
        self.add(now, What::Upstream { upstream });
    }

    /// No key could take it: how they all stood to it.
    pub(super) fn found_none_free(&mut self, census: Census, now: Moment) {
        self.add(now, What::NoneFree { census });
    }

    /// It waits for a pool key from now on.
    pub(super) fn waits(&self, id: WaiterId) {
        if let Some(place) = &self.place {
            place.waits(id, unix_ms());
        }
    }

    /// It goes to a node.
    pub(super) fn runs(&self, lease: &LeaseGuard, attempt: u16) {
        let Some(place) = &self.place else { return };
        let stage = LiveStage::Running {
            since: unix_ms(),
            attempt,
            pool_key: lease.key_id(),
            node: lease.node().map(|node| Arc::clone(&node.node().name)),
        };
        place.runs(&lease.upstream().upstream.name, stage);
    }

    /// It was in the queue.
    pub(super) fn was_queued(&mut self, outlook: Outlook, took: Duration, got: bool, now: Moment) {
        let waited = What::Waited {
            ahead: outlook.ahead as u64,
            expected_ms: outlook.expected.map(millis),
            took_ms: millis(took),
            got,
        };
        self.add(now, waited);
    }

    /// It was tried. Of one that is served by the first try, nothing more is to be told.
    pub(super) fn was_tried(&mut self, lease: &LeaseGuard, end: &AttemptEnd<'_>) {
        let verdict = end.verdict;
        if let Some(span) = &mut self.span {
            span.ended(end.status, verdict.outcome);
        }
        if verdict.outcome == Outcome::Ok && self.trace.is_none() {
            return;
        }
        let attempt = Attempt {
            node: lease.node().map(|node| node.node().name.clone()),
            pool_key: lease.key_id(),
            outbound_proxy: lease.through,
            took_ms: millis(end.now.since(end.began)),
            status: end.status,
            outcome: verdict.outcome,
            rule: verdict.rule.to_string().into(),
            scope: verdict.scope,
            cool_down: verdict.cool_down,
            retry_after_ms: end.retry_after.map(millis),
            retry: verdict.retry,
        };
        self.add(end.now, What::Attempt(Box::new(attempt)));
    }

    /// The relay refused it. What only says who may not come in leaves no trace.
    pub(super) fn was_refused(&mut self, rejection: &Rejection, left: Option<Remaining>, now: Moment) {
        let limit_source = rejection.whose_limit();
        let limited = limit_source.is_some() || rejection.retry_after.is_some();
        if self.trace.is_none() && !limited {
            return;
        }
        let refused = What::Refused {
            code: rejection.code.into(),
            limit_source,
            limit: left
                .filter(|_| rejection.code == Code::RateLimited)
                .map(|left| left.limit),
            retry_after_ms: rejection.retry_after.map(millis),
        };
        self.add(now, refused);
    }

    /// The client went away. Only told of a request whose course has more than that.
    pub(super) fn was_left(&mut self, now: Moment) {
        if self.trace.is_some() {
            self.add(now, What::ClientLeft);
        }
    }

    fn add(&mut self, now: Moment, what: What) {
        let at = millis(now.since(self.began()));
        // Nobody else has it before it is taken.
        Arc::make_mut(self.trace.get_or_insert_default()).add(at, what);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
