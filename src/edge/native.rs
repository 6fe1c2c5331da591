//! Pingora's own path, for bodies that stream past the replay bound.
//!
//! The same lease, the same injection, the same judge; but a body that streams can not be replayed, so
//! only a failed connection is tried elsewhere.

mod answer;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use pingora::http::RequestHeader;
use pingora::proxy::Session;
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorType};
use potluck_filters::egress::{Blame, By};
use potluck_filters::judge::{End, Stage, Verdict};
use potluck_filters::model::Timeouts;
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::time::Moment;

use super::Edge;
use super::attempt::Tries;
use super::course::AttemptEnd;
use super::egress::{Exit, Way, failed, trouble_of, worked};
use super::guard::{LeaseGuard, no_lease};
use super::memory::Held;
use super::plan::{No, Relay};
use super::proxy::Context;
use super::relay::{Relayed, client_gone};
use super::send::Outgoing;
use super::wait::NoLease;

/// A request on its way through Pingora's own phases.
pub(super) struct Native {
    relay: Relay,
    lease: Option<LeaseGuard>,
    /// What was read of the body before it was clear that it is too long to keep, with its room.
    start: Option<(Bytes, Option<Held>)>,
    /// Bytes of the body that went on.
    passed: u64,
    tries: Tries,
    answered: Option<StatusCode>,
    /// The relay's own words, where it stopped the request.
    refusal: Option<Rejection>,
    /// When this attempt began.
    began: Moment,
    deadline: Moment,
    /// Since when the upstream is waited for, in microseconds.
    since: u64,
    pub(super) reused: bool,
    /// The outbound proxy of the connection that is being made, and since when.
    exit: Option<(Arc<Exit>, Moment)>,
    /// An error's body, until all of it is there.
    erred: BytesMut,
}

impl Native {
    fn acquire(&mut self) -> Result<(), Rejection> {
        let upstream = &self.relay.upstream;
        let lease = upstream.desk.ask_now(&self.tries.want(&self.relay, None));
        self.lease = Some(LeaseGuard::new(upstream, lease.map_err(no_lease)?, None, None));
        self.tries.egress.begin();
        Ok(())
    }

    /// The next way, on this lease or another.
    async fn way(&mut self) -> Option<Way> {
        loop {
            let lease = self.lease.as_ref()?;
            match Way::next(self.relay.exits.as_ref(), lease, &mut self.tries.egress).await {
                Ok(way) => return Some(way),
                Err(stage) => {
                    let verdict = self.not_connected(stage, false);
                    if !self.again(&verdict, None) {
                        return None;
                    }
                }
            }
        }
    }

    fn not_connected(&self, stage: Stage, timed_out: bool) -> Verdict {
        let end = End::Failed {
            stage,
            timed_out,
            reused_connection: false,
        };
        self.relay.upstream.upstream.judge.judge(&end)
    }

    /// Notes a connection that failed. Through a proxy, that is often the proxy's own matter.
    fn exit_failed(&mut self, error: &Error) -> Option<Blame> {
        let (exit, _) = self.exit.take()?;
        let lease = self.lease.as_ref()?;
        let trouble = trouble_of(error);
        let from = (self.relay.exits.as_ref(), lease);
        Some(failed(from, &exit, trouble, &mut self.tries.egress))
    }

    /// Notes a connection.
    pub(super) fn connected(&mut self, reused: bool, now: Moment) {
        self.reused = reused;
        let (Some((exit, began)), Some(lease)) = (self.exit.take(), &mut self.lease) else {
            return;
        };
        lease.through = Some(exit.id());
        if let Some(node) = lease.node().filter(|_| !reused) {
            let seen = (By::Traffic, now.since(began));
            worked(&self.relay.upstream, &exit, &node.node().base.origin(), seen);
        }
    }

    /// The end of the attempt that is being made.
    fn end<'a>(&self, verdict: &'a Verdict, now: Moment) -> AttemptEnd<'a> {
        AttemptEnd {
            began: self.began,
            now,
            status: self.answered.map(|status| status.as_u16()),
            retry_after: None,
            verdict,
        }
    }

    fn timeouts(&self) -> Timeouts {
        self.relay.upstream.upstream.timeouts
    }

    /// Gives the lease back and takes the next, if there may be another attempt.
    fn again(&mut self, verdict: &Verdict, after: Option<std::time::Duration>) -> bool {
        let Some(lease) = self.lease.take() else {
            return false;
        };
        let again = self
            .tries
            .go_on(verdict, &lease, self.relay.upstream.upstream.attempts);
        lease.end(verdict, after);
        again && self.acquire().is_ok()
    }
}

impl Edge {
    /// Takes the lease and lets Pingora go on; or refuses.
    pub(super) async fn go_native(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        relay: Relay,
        start: (Bytes, Option<Held>),
    ) -> pingora::Result<bool> {
        self.note_model(&mut ctx.noted, &relay, &session.req_header().headers, &start.0);
        self.enter(ctx, &relay);
        let start = Some(start).filter(|(start, _)| !start.is_empty());
        let deadline = self.clock.now() + relay.upstream.upstream.timeouts.total;
        let (tries, answered, refusal) = (Tries::default(), None, None);
        let mut native = Native {
            relay,
            lease: None,
            start,
            passed: 0,
            tries,
            answered,
            refusal,
            began: self.clock.now(),
            deadline,
            since: 0,
            reused: false,
            exit: None,
            erred: BytesMut::new(),
        };
        let want = native.tries.want(&native.relay, None);
        match self
            .lease(session, &native.relay, &want, &mut ctx.noted.course)
            .await
        {
            Ok(lease) => {
                let lease = LeaseGuard::new(&native.relay.upstream, lease, None, None);
                native.lease = Some(lease);
                native.began = self.clock.now();
                native.deadline = native.began + native.timeouts().total;
                ctx.native = Some(Box::new(native));
                Ok(false)
            }
            Err(NoLease::Refused(rejection)) => {
                let no = No::refunded(native.relay, rejection);
                self.refuse(session, ctx, no).await.map(|()| true)
            }
            Err(NoLease::ClientGone) => {
                ctx.relayed = Some(Relayed::ClientGone);
                Err(client_gone())
            }
        }
    }

    pub(super) async fn native_peer(&self, ctx: &mut Context) -> pingora::Result<Box<HttpPeer>> {
        let Context { native, noted, .. } = ctx;
        let native = plan_of(native)?;
        let Some(way) = native.way().await else {
            return Err(Error::explain(ErrorType::ConnectNoRoute, "there is no way out").into_up());
        };
        native.lease.iter().for_each(|lease| noted.tries(lease));
        native.since = self.clock.micros();
        native.exit = way.exit.map(|exit| (exit, self.clock.now()));
        let mut peer = way.peer.http.clone();
        let timeouts = native.timeouts();
        peer.options.read_timeout = Some(timeouts.first_byte.max(timeouts.idle));
        Ok(Box::new(peer))
    }

    /// Nothing was sent yet, so another node may be tried.
    pub(super) fn native_connect_failed(&self, ctx: &mut Context, mut error: Box<Error>) -> Box<Error> {
        error.set_retry(false);
        let Some(native) = &mut ctx.native else {
            return error;
        };
        let timed_out = matches!(
            error.etype(),
            ErrorType::ConnectTimedout | ErrorType::TLSHandshakeTimedout
        );
        let verdict = match native.exit_failed(&error) {
            // The next way is found, or found missing, when the peer is asked for.
            Some(Blame::Proxy(_)) => {
                error.set_retry(true);
                return error;
            }
            Some(Blame::Target) | None => native.not_connected(Stage::Connect, timed_out),
        };
        if let Some(lease) = &native.lease {
            let now = self.clock.now();
            ctx.noted.course.was_tried(lease, &native.end(&verdict, now));
            native.began = now;
        }
        error.set_retry(native.again(&verdict, None));
        error
    }

    /// The head for this attempt, built anew from what may pass.
    pub(super) fn native_request(
        &self,
        session: &Session,
        upstream_request: &mut RequestHeader,
        ctx: &mut Context,
    ) -> pingora::Result<()> {
        let request_id = ctx.request_id.clone();
        let native = native(ctx)?;
        let lease = native
            .lease
            .as_ref()
            .ok_or_else(|| Error::new(ErrorType::InternalError))?;
        let client = session.req_header();
        let headers = &client.headers;
        let outgoing = Outgoing {
            relay: &native.relay,
            request_id: &request_id,
            body: Bytes::new(),
        };
        let kind = native.relay.upstream.upstream.kind;
        let head = outgoing.head(client, lease);
        if let Some(rejection) = native.relay.plugins.as_ref().and_then(|p| p.take_refusal()) {
            return Err(native.refused(rejection));
        }
        let mut head = RequestHeader::from(head?);
        // Without a length, Pingora sends in chunks.
        if let Some(length) = headers.get(CONTENT_LENGTH) {
            head.insert_header(CONTENT_LENGTH, length)?;
        }
        head.set_version(upstream_request.version);
        if let Some(span) = &ctx.noted.course.span {
            span.tell(&mut head, kind);
        }
        *upstream_request = head;
        Ok(())
    }

    /// Puts what was read ahead before the first piece that Pingora reads, and holds the bound.
    pub(super) fn native_body(&self, body: &mut Option<Bytes>, ctx: &mut Context) -> pingora::Result<()> {
        let Some(native) = ctx.native.as_mut() else {
            return Ok(());
        };
        if let Some((start, _held)) = native.start.take() {
            let mut joined = BytesMut::from(start);
            joined.extend_from_slice(body.as_deref().unwrap_or_default());
            *body = Some(joined.freeze());
        }
        native.passed += body.as_ref().map_or(0, Bytes::len) as u64;
        if native.passed > native.relay.upstream.upstream.bodies.max {
            native.refusal = Some(Code::BodyTooLarge.into());
            return Err(Error::explain(ErrorType::InternalError, "the body is too large").into_in());
        }
        Ok(())
    }
}

/// The plan of a request on this path.
fn native(ctx: &mut Context) -> pingora::Result<&mut Native> {
    plan_of(&mut ctx.native)
}

fn plan_of(native: &mut Option<Box<Native>>) -> pingora::Result<&mut Native> {
    native
        .as_deref_mut()
        .ok_or_else(|| Error::explain(ErrorType::InternalError, "no plan for Pingora's own path"))
}
