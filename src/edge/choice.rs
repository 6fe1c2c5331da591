//! Several upstreams behind one route: the model chooses one, and others stand in where it has no way.
//!
//! Invariants: nothing is asked of another upstream after the first relayed byte, nor where the judge says
//! that the work may have been done; the wait in the queue and the time of the whole request are shared by
//! all upstreams; what a pool key keeps is never asked for elsewhere.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use pingora::proxy::Session;
use potluck_filters::id::PoolKeyId;
use potluck_filters::judge::Retry;
use potluck_filters::model::{Kind, ModelRoutes};
use potluck_filters::objects::ObjectKind;
use potluck_filters::reach::{Act, BodyUse};
use potluck_filters::reader::{ModelName, read_model};
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::route::Match;

use super::Edge;
use super::attempt::Attempted;
use super::egress::Exits;
use super::live::{Live, LiveUpstream};
use super::objects::uses_a_model;
use super::plan::{Relay, text};
use super::proxy::Context;
use super::send::Outgoing;

/// The upstreams of a route.
pub(super) struct Choice {
    routes: Arc<ModelRoutes>,
    /// As [`ModelRoutes::upstreams`] has them.
    indexes: Vec<usize>,
    upstreams: Vec<Arc<LiveUpstream>>,
    /// Those that are still to be asked, should the chosen one have no way.
    next: VecDeque<Arc<LiveUpstream>>,
    /// Whether the request named its model, so that no other upstream can be meant.
    by_model: bool,
}

/// What stands behind a route.
pub(super) struct Behind {
    /// The one upstream, or the one that speaks for all.
    pub(super) main: Arc<LiveUpstream>,
    pub(super) choice: Option<Box<Choice>>,
    /// The outbound proxies of the snapshot; `None` where there are none.
    pub(super) exits: Option<Arc<Exits>>,
}

impl Behind {
    /// `None` where the snapshot and what is at work do not fit together.
    pub(super) fn new(live: &Live, found: &Match<'_>) -> Option<Self> {
        let main = Arc::clone(live.upstreams.get(found.index)?);
        let choice = found.route.models.as_ref();
        let choice = choice.map(|routes| Box::new(Choice::new(routes, live)));
        let exits = live.exits.for_request();
        Some(Self { main, choice, exits })
    }

    /// All upstreams, each once.
    pub(super) fn all(&self) -> &[Arc<LiveUpstream>] {
        let choice = self.choice.as_ref();
        choice.map_or(std::slice::from_ref(&self.main), |choice| choice.all())
    }
}

impl Choice {
    fn new(routes: &Arc<ModelRoutes>, live: &Live) -> Self {
        let known = routes.upstreams().into_iter();
        let known = known.filter_map(|index| Some((index, Arc::clone(live.upstreams.get(index)?))));
        let (indexes, upstreams) = known.unzip();
        Self {
            routes: Arc::clone(routes),
            indexes,
            upstreams,
            next: VecDeque::new(),
            by_model: false,
        }
    }

    /// All of them, each once.
    fn all(&self) -> &[Arc<LiveUpstream>] {
        &self.upstreams
    }

    fn of(&self, index: usize) -> Option<&Arc<LiveUpstream>> {
        let at = self.indexes.iter().position(|known| *known == index)?;
        self.upstreams.get(at)
    }

    /// Whether a model is served by this upstream.
    pub(super) fn serves(&self, model: &str, upstream: &Arc<LiveUpstream>) -> bool {
        let chosen = self.routes.choose(model).and_then(|index| self.of(index));
        chosen.is_some_and(|chosen| Arc::ptr_eq(chosen, upstream))
    }

    fn stand_ins(&self, chosen: &Arc<LiveUpstream>) -> VecDeque<Arc<LiveUpstream>> {
        let all = self.routes.fallback.iter().filter_map(|index| self.of(*index));
        all.filter(|other| !Arc::ptr_eq(other, chosen))
            .map(Arc::clone)
            .collect()
    }
}

impl Relay {
    /// The upstreams that may keep what the request names, the chosen one first.
    pub(super) fn upstreams(&self) -> &[Arc<LiveUpstream>] {
        self.choice
            .as_ref()
            .map_or(std::slice::from_ref(&self.upstream), |choice| choice.all())
    }

    /// Chooses the upstream by the model that the body names. Fails closed.
    fn choose(&mut self, headers: &HeaderMap, body: &[u8]) -> Result<(), Rejection> {
        if self.choice.is_none() || self.pinned.is_some() {
            return Ok(());
        }
        let needs_none = self.act.as_ref().is_some_and(|act| !uses_a_model(act));
        let needs_none = needs_none || self.body == BodyUse::None;
        // A batch goes where its file is.
        let any_will_do = needs_none || self.act == Some(Act::Create(ObjectKind::Batch));
        let model = if needs_none {
            None
        } else {
            let (media, coding) = (text(headers, CONTENT_TYPE), text(headers, CONTENT_ENCODING));
            read_model(media, coding, body, Kind::Openai).map_err(|_| Code::CostUnreadable)?
        };
        let Some(choice) = &mut self.choice else {
            return Ok(());
        };
        let index = match &model {
            Some(model) => choice.routes.choose(model.as_str()),
            None => choice.routes.default,
        };
        choice.by_model = model.is_some();
        match index.and_then(|index| choice.of(index)) {
            Some(chosen) => self.upstream = Arc::clone(chosen),
            None if any_will_do => {}
            None => return Err(no_upstream(model.as_ref())),
        }
        choice.next = choice.stand_ins(&self.upstream);
        Ok(())
    }

    /// Pins the request to what keeps something that it names.
    pub(super) fn pin(&mut self, upstream: Arc<LiveUpstream>, key: PoolKeyId) -> Result<(), Rejection> {
        let elsewhere = !Arc::ptr_eq(&upstream, &self.upstream);
        let by_model = self.choice.as_ref().is_some_and(|choice| choice.by_model);
        let apart = self.pinned.is_some_and(|pinned| pinned != key || elsewhere);
        if apart || elsewhere && by_model {
            return Err(Code::ObjectsApart.into());
        }
        self.upstream = upstream;
        self.pinned = Some(key);
        if let Some(choice) = &mut self.choice {
            choice.next.clear();
        }
        Ok(())
    }

    /// Whether other upstreams may stand in for the chosen one.
    pub(super) fn has_stand_ins(&self) -> bool {
        self.choice.as_ref().is_some_and(|choice| !choice.next.is_empty())
    }

    fn next_upstream(&mut self) -> Option<Arc<LiveUpstream>> {
        self.choice.as_mut()?.next.pop_front()
    }
}

impl Edge {
    /// Reads from the body all on which the way of a request depends: the upstream among several, the model
    /// that its key may use, the price, and what it names.
    pub(super) fn read(&self, relay: &mut Relay, headers: &HeaderMap, body: &[u8]) -> Result<(), Rejection> {
        if relay.upgrade {
            // A handshake says nothing of models, prices and objects.
            return Ok(());
        }
        relay.choose(headers, body)?;
        relay.read(headers, body)?;
        self.pin_by_body(relay, headers, body)
    }

    /// Attempts on the chosen upstream and then, in order, on those that stand in for it.
    pub(super) async fn attempt_on_each(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        relay: &mut Relay,
        body: Bytes,
    ) -> Attempted {
        let mut kept = None;
        loop {
            let attempted = {
                let (relay, request_id, body) = (&*relay, &ctx.request_id, body.clone());
                let outgoing = Outgoing {
                    relay,
                    request_id,
                    body,
                };
                // No upstream of a choice has prices, so there is no purse.
                self.attempt(session, &outgoing, None, &mut ctx.noted).await
            };
            let late = ctx
                .noted
                .course
                .waited
                .deadline
                .is_some_and(|end| self.clock.now() >= end);
            let next = if late || !may_go_on(&attempted) {
                None
            } else {
                relay.next_upstream()
            };
            let Some(next) = next else {
                return told(attempted, kept);
            };
            tracing::info!(
                request = ctx.request_id.as_str(),
                from = &*relay.upstream.upstream.name,
                to = &*next.upstream.name,
                "the next upstream stands in"
            );
            kept = self.let_be(attempted).await.map(|new| more_telling(kept, new));
            ctx.noted.course.goes_on_to(&next, self.clock.now());
            relay.upstream = next;
        }
    }

    /// Lets go of what one upstream said, and keeps the words for it.
    async fn let_be(&self, attempted: Attempted) -> Option<Rejection> {
        match attempted {
            Attempted::Answer(answer) => {
                self.end(answer).await;
                Some(Code::AttemptsExhausted.into())
            }
            Attempted::Refused { rejection, .. } => Some(rejection),
            Attempted::ClientGone => None,
        }
    }
}

fn may_go_on(attempted: &Attempted) -> bool {
    match attempted {
        Attempted::Answer(answer) => answer.verdict.retry != Retry::Never,
        Attempted::Refused { further, .. } => *further,
        Attempted::ClientGone => false,
    }
}

/// What the client hears in the end.
fn told(attempted: Attempted, kept: Option<Rejection>) -> Attempted {
    match attempted {
        Attempted::Refused { rejection, further } => Attempted::Refused {
            rejection: more_telling(kept, rejection),
            further,
        },
        attempted @ (Attempted::Answer(_) | Attempted::ClientGone) => attempted,
    }
}

/// An empty pool says less than a busy one, and that less than what an upstream did.
fn more_telling(old: Option<Rejection>, new: Rejection) -> Rejection {
    let rank = |rejection: &Rejection| match rejection.code {
        Code::PoolEmpty => 0,
        Code::PoolBusy | Code::QueueFull => 1,
        _ => 2,
    };
    match old {
        Some(old) if rank(&old) >= rank(&new) => old,
        Some(_) | None => new,
    }
}

fn no_upstream(model: Option<&ModelName>) -> Rejection {
    let rejection = Rejection::new(Code::ModelNotFound);
    match model {
        Some(model) => rejection.saying(format!(
            "The model {:?} does not exist here, or you do not have access to it.",
            model.for_log()
        )),
        None => rejection.saying("The request names no model, and this route needs one."),
    }
}
