//! Spans of requests, for a tracing system: one for the request, one under it for each attempt.
//!
//! Invariant: where nobody collects spans a request pays one look at an `Option`. What is collected goes into a bounded
//! channel that is never waited for, and holds no header, query, body or key.

mod context;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use pingora::http::RequestHeader;
use potluck_filters::judge::Outcome;
use potluck_filters::model::Kind;
use potluck_filters::rejection::Code;
use tokio::sync::mpsc;

use super::Edge;
use super::noted::is_final;
use super::proxy::Context;
use crate::clock::bits;
use context::Parent;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Requests that may wait to be sent.
const ROOM: usize = 8 * 1024;

/// Who collects spans.
#[derive(Debug)]
pub(crate) struct Tracer {
    to: mpsc::Sender<Traced>,
    lost: AtomicU64,
    /// Of so many requests without a context of their own one is traced.
    one_in: u32,
    turn: AtomicU32,
}

/// A request's span while it is under way.
#[derive(Debug)]
pub(super) struct Span {
    parent: Parent,
    /// Its own id; its attempts have those that follow.
    id: u64,
    attempts: Vec<Attempt>,
}

/// An attempt's span. Times are in microseconds of the edge's clock.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) id: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) node: Option<Arc<str>>,
    pub(crate) status: Option<u16>,
    pub(crate) outcome: Option<Outcome>,
}

/// A traced request that has ended.
#[derive(Debug)]
pub(crate) struct Traced {
    pub(crate) trace: u128,
    pub(crate) id: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) request: String,
    pub(crate) method: http::Method,
    pub(crate) path: String,
    pub(crate) status: Option<StatusCode>,
    pub(crate) code: Option<Code>,
    pub(crate) upstream: Option<Arc<str>>,
    /// In the queue, in microseconds.
    pub(crate) queued: u64,
    /// The relay's own time, in microseconds.
    pub(crate) own: Option<u64>,
    pub(crate) attempts: Vec<Attempt>,
}

impl Tracer {
    /// One that traces one in so many, and where spans come out.
    pub(crate) fn new(one_in: u32) -> (Self, mpsc::Receiver<Traced>) {
        let (to, from) = mpsc::channel(ROOM);
        let tracer = Self {
            to,
            lost: AtomicU64::new(0),
            one_in: one_in.max(1),
            turn: AtomicU32::new(0),
        };
        (tracer, from)
    }

    /// So many are lost.
    pub(crate) fn lose(&self, requests: u64) {
        // Relaxed: a count on its own.
        self.lost.fetch_add(requests, Ordering::Relaxed);
    }

    /// A span for a request with these headers, if it is to be traced.
    fn begin(&self, headers: &HeaderMap) -> Option<Box<Span>> {
        let told = headers
            .get(&TRACEPARENT)
            .and_then(|value| Parent::read(value.as_bytes()));
        let parent = match told {
            Some(parent) if !parent.sampled => return None,
            Some(parent) => parent,
            // Relaxed: it only spreads which requests are taken.
            None if !self
                .turn
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(self.one_in) =>
            {
                return None;
            }
            None => Parent::fresh(bits()),
        };
        Some(Box::new(Span {
            parent,
            // Its attempts' ids follow it, and none of them may be zero.
            id: (bits() as u64 >> 1).max(1),
            attempts: Vec::new(),
        }))
    }
}

impl Span {
    /// An attempt begins.
    pub(super) fn tries(&mut self, node: Option<&Arc<str>>) {
        let number = self.attempts.len() as u64 + 1;
        self.attempts.push(Attempt {
            id: self.id + number,
            from: 0,
            to: 0,
            node: node.cloned(),
            status: None,
            outcome: None,
        });
    }

    /// It took so long.
    pub(super) fn took(&mut self, from: u64, to: u64) {
        if let Some(attempt) = self.attempts.last_mut().filter(|attempt| attempt.to == 0) {
            (attempt.from, attempt.to) = (from, to);
        }
    }

    /// It came to that.
    pub(super) fn ended(&mut self, status: Option<u16>, outcome: Outcome) {
        if let Some(attempt) = self.attempts.last_mut() {
            (attempt.status, attempt.outcome) = (status, Some(outcome));
        }
    }

    /// Tells an upstream which span its own are part of. NovelAI is told of nothing.
    pub(super) fn tell(&self, head: &mut RequestHeader, kind: Kind) {
        let Some(attempt) = self.attempts.last().filter(|_| kind != Kind::Novelai) else {
            return;
        };
        let told = context::told(self.parent.trace, attempt.id);
        if let Ok(value) = HeaderValue::try_from(told) {
            let _ = head.insert_header(TRACEPARENT, value);
        }
    }
}

impl Edge {
    /// From now on spans go there. Only the first call counts.
    pub(crate) fn trace_to(&self, tracer: Arc<Tracer>) {
        let _ = self.tracer.set(tracer);
    }

    /// Requests that were traced and whose spans went nowhere.
    pub(super) fn spans_lost(&self) -> u64 {
        let lost = |tracer: &Arc<Tracer>| tracer.lost.load(Ordering::Relaxed);
        self.tracer.get().map_or(0, lost)
    }

    /// Begins the span of a request, if it gets one.
    pub(super) fn begin_span(&self, headers: &HeaderMap, ctx: &mut Context) {
        if let Some(tracer) = self.tracer.get() {
            ctx.noted.course.span = tracer.begin(headers);
        }
    }

    /// Ends it.
    pub(super) fn end_span(&self, ctx: &mut Context, request: &RequestHeader) {
        let Some(span) = ctx.noted.course.span.take() else {
            return;
        };
        let Some(tracer) = self.tracer.get() else { return };
        let total = ctx.noted.total(&self.clock);
        let to = self.clock.micros();
        let times = ctx.noted.times(total, false);
        let traced = Traced {
            trace: span.parent.trace,
            id: span.id,
            parent: span.parent.span,
            from: to.saturating_sub(total),
            to,
            request: ctx.request_id.as_str().to_owned(),
            method: request.method.clone(),
            path: request.uri.path().to_owned(),
            status: ctx.status.filter(is_final),
            code: ctx.code,
            upstream: ctx.noted.upstream.clone(),
            queued: times.queued,
            own: times.own,
            attempts: span.attempts,
        };
        if tracer.to.try_send(traced).is_err() {
            tracer.lose(1);
        }
    }
}
