//! What is noted of a request on its way, and the line in the books that comes of it when it has ended.
//!
//! Invariant: one event for each request that the data plane ended, however it did; none for health checks and for
//! the control plane. What a snapshot or a lease has is shared, not copied.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use pingora::proxy::Session;
use potluck_filters::authenticate::Identity;
use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::judge::Verdict;
use potluck_filters::meter::{Figure, Figures, asked_model};
use potluck_filters::model::Kind;
use potluck_filters::pool::counts;
use potluck_filters::usage::{
    Ended, Endpoint, KeyUse, LiveRequest, LiveStage, Program, StatusClass, Times, UsageEvent, Used,
};

use super::Edge;
use super::course::Course;
use super::guard::LeaseGuard;
use super::metering::Metering;
use super::names::Name;
use super::plan::Relay;
use super::proxy::Context;
use super::relay::Relayed;
use super::tally::Tally;
use crate::clock::{Clock, unix_ms};

/// What is noted of a request. Times are in microseconds.
#[derive(Default)]
pub(super) struct Noted {
    /// Whether it stands in the books once it has ended.
    pub(super) booked: bool,
    pub(super) user: Option<UserId>,
    pub(super) client_key: Option<ClientKeyId>,
    key_use: KeyUse,
    pub(super) upstream: Option<Arc<str>>,
    /// Where it counts, once its upstream is known.
    pub(super) tally: Option<Arc<Tally>>,
    pub(super) endpoint: Endpoint,
    model: Option<Name>,
    /// Of the last attempt.
    pool_key: Option<PoolKeyId>,
    node: Option<Arc<str>>,
    attempts: u16,
    /// How it waited and was tried.
    pub(super) course: Course,
    /// For how long the client's body and the upstream were waited for.
    away: u64,
    /// From the head's arrival to the answer's first byte.
    first_byte: Option<u64>,
    /// Anlas that it was reckoned to cost, and pictures that it was to make, once the upstream did the work.
    anlas: Figure,
    pictures: Figure,
    /// Counts what the answer says was used.
    pub(super) metering: Option<Box<Metering>>,
}

impl Noted {
    /// Of a request whose head had come then.
    pub(super) fn begun(started: u64) -> Self {
        Self {
            course: Course::new(started),
            ..Self::default()
        }
    }

    /// Whose request it is.
    pub(super) fn identified(&mut self, key: Option<Identity<'_>>, headers: &HeaderMap) {
        if let Some(identity) = key {
            self.user = Some(identity.user.id);
            self.client_key = Some(identity.key.id);
            self.key_use = KeyUse {
                former: identity.former,
                program: Program::of(headers),
            };
        }
    }

    /// An attempt begins, on this lease.
    pub(super) fn tries(&mut self, lease: &LeaseGuard) {
        self.attempts = self.attempts.saturating_add(1);
        self.pool_key = lease.key_id();
        self.node = lease.node().map(|node| Arc::clone(&node.node().name));
        self.course.runs(lease, self.attempts);
        if let Some(span) = &mut self.course.span {
            span.tries(self.node.as_ref());
        }
        let name = &lease.upstream().upstream.name;
        if self
            .upstream
            .as_ref()
            .is_none_or(|known| !Arc::ptr_eq(known, name))
        {
            self.upstream = Some(Arc::clone(name));
            self.tally = Some(Arc::clone(&lease.upstream().tally));
        }
    }

    /// An attempt has ended with that verdict: what it spent is known where it counts.
    pub(super) fn ends(&mut self, relay: &Relay, lease: &LeaseGuard, verdict: &Verdict) {
        if relay.upstream.upstream.kind == Kind::Novelai && counts(verdict) {
            self.anlas = Figure::Estimated(lease.anlas().into());
            if relay.pictures > 0 {
                self.pictures = Figure::Estimated(relay.pictures.into());
            }
        }
    }

    /// Somebody else was waited for since then.
    pub(super) fn was_away(&mut self, since: u64, clock: &Clock) {
        let now = clock.micros();
        self.away += now.saturating_sub(since);
        if let Some(span) = &mut self.course.span {
            span.took(since, now);
        }
    }

    /// The answer begins.
    pub(super) fn answers(&mut self, clock: &Clock) {
        let since = self.course.since_began(clock.micros());
        self.first_byte.get_or_insert(since);
    }

    /// Whether an upstream's answer began.
    pub(super) fn was_answered(&self) -> bool {
        self.first_byte.is_some()
    }

    /// For how long it has been here.
    pub(super) fn total(&self, clock: &Clock) -> u64 {
        self.course.since_began(clock.micros())
    }

    /// How its time was spent, so far.
    pub(super) fn times(&self, total: u64, answered: bool) -> Times {
        let queued = u64::try_from(self.course.waited.in_queue.as_micros()).unwrap_or(u64::MAX);
        // Answers of the relay's own go out whole.
        let first_byte = self.first_byte.or(answered.then_some(total));
        let others = queued.saturating_add(self.away);
        Times {
            queued,
            first_byte,
            total,
            own: first_byte.map(|first| first.saturating_sub(others)),
        }
    }

    fn used(&self, figures: &Figures) -> Used {
        let images = match figures.images {
            Figure::None => self.pictures,
            Figure::Estimated(_) | Figure::Reported(_) => figures.images,
        };
        Used {
            prompt: figures.prompt,
            cached: figures.cached,
            completion: figures.completion,
            images,
            anlas: self.anlas,
            cost: figures.cost,
        }
    }
}

impl Name {
    fn shared(&self) -> Arc<str> {
        match self {
            Self::Known(name) => Arc::clone(name),
            Self::New(name) => Arc::from(&**name),
        }
    }
}

impl Edge {
    /// Enters a request whose body is there among those that are on their way.
    pub(super) fn enter(&self, ctx: &mut Context, relay: &Relay) {
        let noted = &mut ctx.noted;
        noted.course.place = Some(
            self.under_way.enter(LiveRequest {
                request: ctx.request_id.number(),
                since: unix_ms(),
                user: noted.user,
                client_key: noted.client_key,
                upstream: Arc::clone(&relay.upstream.upstream.name),
                endpoint: noted.endpoint,
                model: noted
                    .model
                    .as_ref()
                    .map(Name::shared)
                    .or_else(|| relay.model.clone()),
                stage: LiveStage::Admitted,
            }),
        );
    }

    /// Whether somebody keeps books.
    pub(super) fn keeps_books(&self) -> bool {
        self.usage.get().is_some()
    }

    /// Notes the model that a request asks for: as it was read, else as a look at its body finds it.
    pub(super) fn note_model(&self, noted: &mut Noted, relay: &Relay, headers: &HeaderMap, body: &[u8]) {
        if !self.keeps_books() {
            return;
        }
        noted.model = match &relay.model {
            Some(model) => Some(self.models.look_up(model)),
            None if body.is_empty() => None,
            None => {
                let content_type = headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
                asked_model(content_type, body).map(|model| self.models.look_up(&model))
            }
        };
    }

    /// A request has ended: what it used is settled, and it goes into the books; its trace, if it has one, where
    /// whoever asks soon finds it.
    pub(super) fn book(&self, session: &Session, ctx: &mut Context) {
        // It is no longer on its way once it is in the books.
        ctx.noted.course.place = None;
        let figures = ctx.noted.metering.take().map(Metering::settle);
        if let (Some(figures), Some(tally)) = (&figures, &ctx.noted.tally) {
            tally.used(figures);
        }
        let trace = ctx.noted.course.take_trace();
        if let Some(trace) = &trace {
            self.traces.keep(ctx.request_id.number(), Arc::clone(trace));
        }
        let Some(usage) = self.usage.get().filter(|_| ctx.noted.booked) else {
            return;
        };
        let mut event = self.event(session, ctx, &figures.unwrap_or_default());
        event.trace = trace.filter(|_| is_kept(&event));
        usage.put(event);
    }

    fn event(&self, session: &Session, ctx: &mut Context, figures: &Figures) -> UsageEvent {
        let status = ctx.status.filter(is_final);
        let ended = ended(ctx, status);
        let total = ctx.noted.total(&self.clock);
        let down = session.as_downstream();
        let served = status.is_some_and(|status| status.as_u16() < 400);
        let noted = &mut ctx.noted;
        let model = noted.model.take();
        let model = model.or_else(|| Some(self.models.look_up(figures.model.as_deref()?)));
        UsageEvent {
            request: ctx.request_id.number(),
            ended_at: unix_ms(),
            user: noted.user,
            client_key: noted.client_key,
            key_use: noted.key_use,
            pool_key: noted.pool_key,
            upstream: noted.upstream.clone(),
            node: noted.node.take(),
            model: model.map(|model| self.models.known(model, served)),
            endpoint: noted.endpoint,
            status: status.map_or(0, |status| status.as_u16()),
            ended,
            code: ctx.code,
            attempts: noted.attempts,
            times: noted.times(total, status.is_some()),
            asked_bytes: down.body_bytes_read() as u64,
            answered_bytes: down.body_bytes_sent() as u64,
            used: noted.used(figures),
            trace: None,
        }
    }
}

/// Of what went well in the end, nobody asks for long.
fn is_kept(event: &UsageEvent) -> bool {
    event.class() != StatusClass::Ok
}

/// Interim answers are none.
pub(super) fn is_final(status: &StatusCode) -> bool {
    !status.is_informational() || *status == StatusCode::SWITCHING_PROTOCOLS
}

fn ended(ctx: &Context, status: Option<StatusCode>) -> Ended {
    match (ctx.relayed, ctx.code) {
        (Some(Relayed::ClientGone), _) => Ended::ClientGone,
        (Some(Relayed::Cut), None) => Ended::Cut,
        (Some(Relayed::Stopped), _) | (Some(Relayed::Cut | Relayed::Whole) | None, Some(_)) => Ended::Refused,
        (None, None) if status.is_none() => Ended::ClientGone,
        (Some(Relayed::Whole) | None, None) => Ended::Whole,
    }
}
