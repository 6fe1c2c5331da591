//! Pingora's own path, for upgrades and for bodies that stream past the replay bound.
//!
//! The same lease, the same injection, the same judge; but a body that streams can not be replayed, so
//! only a failed connection is tried elsewhere. An upgrade has no body and may be refused elsewhere, too.

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::listeners::ALPN;
use pingora::proxy::Session;
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorSource, ErrorType};
use potluck_filters::authenticate::WEBSOCKET_KEY_PREFIX;
use potluck_filters::inject::{answer_passes, subprotocols};
use potluck_filters::judge::{End, Retry, Stage, Verdict, retry_after};
use potluck_filters::model::{Kind, Timeouts};
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::time::Moment;

use super::Edge;
use super::attempt::{Tries, words};
use super::exchange::BLOTTED;
use super::guard::{LeaseGuard, no_lease};
use super::plan::{No, Relay};
use super::proxy::Context;
use super::send::{Outgoing, request_header};
use crate::clock::unix_ms;

/// Between two messages of a WebSocket; far above the ping intervals of common clients.
const UPGRADED_IDLE: std::time::Duration = std::time::Duration::from_secs(3600);

/// A request on its way through Pingora's own phases.
pub(super) struct Native {
    relay: Relay,
    lease: Option<LeaseGuard>,
    upgrade: bool,
    /// What was read of the body before it was clear that it is too long to keep.
    start: Option<Bytes>,
    /// Bytes of the body that went on.
    passed: u64,
    tries: Tries,
    answered: Option<StatusCode>,
    /// The relay's own words, where it stopped the request.
    refusal: Option<Rejection>,
    deadline: Moment,
    pub(super) reused: bool,
    /// An error's body, until all of it is there.
    erred: BytesMut,
}

impl Native {
    fn acquire(&mut self, edge: &Edge) -> Result<(), Rejection> {
        let lease = LeaseGuard::acquire(&self.relay.upstream, &self.tries.want(&self.relay), edge.clock);
        self.lease = Some(lease.map_err(no_lease)?);
        Ok(())
    }

    fn timeouts(&self) -> Timeouts {
        self.relay.upstream.upstream.timeouts
    }

    /// Gives the lease back and takes the next, if there may be another attempt.
    fn again(&mut self, edge: &Edge, verdict: &Verdict, after: Option<std::time::Duration>) -> bool {
        let Some(lease) = self.lease.take() else {
            return false;
        };
        let again = self
            .tries
            .go_on(verdict, &lease, self.relay.upstream.upstream.attempts);
        lease.end(verdict, after);
        again && self.acquire(edge).is_ok()
    }
}

/// Whether this is a WebSocket's handshake for a service that may have one. Any other `Upgrade` is for
/// the next hop only, and the request is served as if it were not there.
pub(super) fn is_upgrade(session: &mut Session, kind: Kind) -> bool {
    let kind_has_sockets = match kind {
        Kind::Openai | Kind::Http => true,
        Kind::Novelai => false,
    };
    let request = session.req_header();
    let websocket = request
        .headers
        .get(UPGRADE)
        .is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let handshake = request.method == Method::GET && websocket && session.is_upgrade_req();
    kind_has_sockets && handshake && session.as_downstream_mut().is_body_empty()
}

impl Edge {
    /// Takes the lease and lets Pingora go on; or refuses.
    pub(super) async fn go_native(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        relay: Relay,
        start: Option<Bytes>,
    ) -> pingora::Result<bool> {
        let upgrade = start.is_none();
        if upgrade {
            // Either side of a conversation may be silent for long.
            session.as_downstream_mut().set_read_timeout(Some(UPGRADED_IDLE));
        }
        let start = start.filter(|start| !start.is_empty());
        let deadline = self.clock.now() + relay.upstream.upstream.timeouts.total;
        let (tries, answered, refusal) = (Tries::default(), None, None);
        let mut native = Native {
            relay,
            lease: None,
            upgrade,
            start,
            passed: 0,
            tries,
            answered,
            refusal,
            deadline,
            reused: false,
            erred: BytesMut::new(),
        };
        match native.acquire(self) {
            Ok(()) => {
                ctx.native = Some(Box::new(native));
                Ok(false)
            }
            Err(rejection) => {
                let no = No::refunded(native.relay, rejection);
                self.refuse(session, ctx, no).await.map(|()| true)
            }
        }
    }

    pub(super) fn native_peer(&self, ctx: &mut Context) -> pingora::Result<Box<HttpPeer>> {
        let native = native(ctx)?;
        let node = native.lease.as_ref().and_then(LeaseGuard::node);
        let Some(peer) = node.and_then(super::addresses::NodeAddresses::next) else {
            return Err(
                Error::explain(ErrorType::ConnectNoRoute, "the node's name was never found").into_up(),
            );
        };
        let mut peer = HttpPeer::clone(&peer);
        let timeouts = native.timeouts();
        peer.options.read_timeout = Some(timeouts.first_byte.max(timeouts.idle));
        if native.upgrade {
            peer.options.alpn = ALPN::H1;
            peer.options.read_timeout = Some(UPGRADED_IDLE);
        }
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
        let end = End::Failed {
            stage: Stage::Connect,
            timed_out,
            reused_connection: false,
        };
        let verdict = native.relay.upstream.upstream.judge.judge(&end);
        error.set_retry(native.again(self, &verdict, None));
        error
    }

    /// After a connection: again only what [`Edge::native_answer`] allowed, and what has no body and
    /// met a connection that had gone stale.
    pub(super) fn native_failed(&self, ctx: &Context, mut error: Box<Error>, reused: bool) -> Box<Error> {
        let upgrade = ctx
            .native
            .as_ref()
            .is_some_and(|native| native.upgrade && native.refusal.is_none());
        if upgrade {
            error.retry.decide_reuse(reused);
        } else {
            error.set_retry(false);
        }
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
        let (relay, method, headers) = (&native.relay, &client.method, &client.headers);
        let outgoing = Outgoing {
            relay,
            method,
            headers,
            request_id: &request_id,
            body: Bytes::new(),
        };
        let mut head = request_header(&outgoing, lease)?;
        // Without a length, Pingora sends in chunks.
        if let Some(length) = headers.get(CONTENT_LENGTH) {
            head.insert_header(CONTENT_LENGTH, length)?;
        }
        if native.upgrade {
            head.insert_header(CONNECTION, "Upgrade")?;
            head.insert_header(UPGRADE, "websocket")?;
            offer_subprotocols(&mut head, headers)?;
        }
        head.set_version(upstream_request.version);
        *upstream_request = head;
        Ok(())
    }

    /// Puts what was read ahead before the first piece that Pingora reads, and holds the bound.
    pub(super) fn native_body(&self, body: &mut Option<Bytes>, ctx: &mut Context) -> pingora::Result<()> {
        let Some(native) = ctx.native.as_mut().filter(|native| !native.upgrade) else {
            return Ok(());
        };
        if let Some(start) = native.start.take() {
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

    /// Headers of the answer, stripped and signed; or an end to the attempt, where the answer is about
    /// the pool's key and not for the client.
    pub(super) fn native_answer(
        &self,
        answer: &mut ResponseHeader,
        ctx: &mut Context,
    ) -> pingora::Result<()> {
        let upgraded = answer.status == StatusCode::SWITCHING_PROTOCOLS;
        if answer.status.is_informational() && !upgraded {
            return Ok(());
        }
        let request_id = ctx.request_id.clone();
        let native = native(ctx)?;
        native.answered = Some(answer.status);
        self.admit_answer(native, answer)?;
        let kind = native.relay.upstream.upstream.kind;
        let gone: Vec<HeaderName> = answer
            .headers
            .iter()
            .filter(|(name, value)| {
                let hop = upgraded && (**name == CONNECTION || **name == UPGRADE);
                !(answer_passes(kind, name) || hop) || native.repeats(value.as_bytes())
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in gone {
            answer.remove_header(&name);
        }
        let remaining = native.relay.ticket.as_ref().and_then(|ticket| ticket.remaining);
        self.sign(answer, &request_id, remaining)
    }

    fn admit_answer(&self, native: &mut Native, answer: &ResponseHeader) -> pingora::Result<()> {
        let verdict = native.verdict(answer);
        let after = retry_after(&answer.headers, unix_ms());
        let Some(rejection) = words(&verdict, after) else {
            return Ok(());
        };
        let retried = native.upgrade && verdict.retry != Retry::Never && native.again(self, &verdict, after);
        native.refusal = (!retried).then_some(rejection);
        native.answered = native.answered.filter(|_| !retried);
        let mut error = Error::explain(ErrorType::HTTPStatus(answer.status.as_u16()), "refused").into_up();
        error.set_retry(retried);
        Err(error)
    }

    /// What to say of an error on this path.
    pub(super) fn native_words(&self, ctx: &mut Context, error: &Error) -> No {
        let kind = ctx.dialect.unwrap_or(Kind::Http);
        let Some(native) = &mut ctx.native else {
            return No::new(kind, Self::words_for(error));
        };
        let rejection = native.refusal.clone().unwrap_or_else(|| Self::words_for(error));
        No::left(&native.relay, rejection)
    }

    /// The time of a request that is no conversation is bounded on this path, too, and no error's body
    /// passes before it was searched for the pool key.
    pub(super) fn native_piece(
        &self,
        body: &mut Option<Bytes>,
        end: bool,
        ctx: &mut Context,
    ) -> pingora::Result<()> {
        let late = |native: &Native| !native.upgrade && self.clock.now() >= native.deadline;
        if ctx.native.as_deref().is_some_and(late) {
            return Err(Error::explain(ErrorType::ReadTimedout, "the request's time is up").into_up());
        }
        let erred = |native: &Native| native.answered.is_some_and(|status| status.as_u16() >= 400);
        match ctx.native.as_deref_mut().filter(|native| erred(native)) {
            Some(native) => native.search(body, end),
            None => Ok(()),
        }
    }

    /// The request has ended, one way or the other: judge it and give the lease back.
    pub(super) fn native_end(&self, ctx: &mut Context, error: Option<&Error>) {
        let Some(mut native) = ctx.native.take() else {
            return;
        };
        let Some(lease) = native.lease.take() else { return };
        let upstream_broke = error.filter(|error| *error.esource() == ErrorSource::Upstream);
        let verdict = match (native.answered, upstream_broke) {
            // A switch of protocols is a success however the conversation ended.
            (Some(StatusCode::SWITCHING_PROTOCOLS), _) => Verdict::ok("upgraded"),
            (Some(_), Some(error)) if native.refusal.is_none() => native.failed(Stage::Body, error),
            (Some(status), _) => native.by_status(status, None),
            (None, Some(error)) => native.failed(Stage::FirstByte, error),
            // Nothing was learned: the guard gives the lease back.
            (None, None) => return,
        };
        lease.end(&verdict, None);
    }
}

impl Native {
    fn repeats(&self, bytes: &[u8]) -> bool {
        let key = self.lease.as_ref().and_then(LeaseGuard::key);
        key.is_some_and(|key| key.credential.is_in(bytes))
    }

    /// Holds an error's body back to its end, and blots the pool key out.
    fn search(&mut self, body: &mut Option<Bytes>, end: bool) -> pingora::Result<()> {
        let Some(key) = self.lease.as_ref().and_then(LeaseGuard::key) else {
            return Ok(());
        };
        self.erred.extend_from_slice(&body.take().unwrap_or_default());
        if self.erred.len() > BLOTTED {
            return Err(Error::explain(ErrorType::ReadError, "an error's body is too long").into_up());
        }
        if end {
            key.credential.blot_out(&mut self.erred);
            *body = Some(self.erred.split().freeze());
        }
        Ok(())
    }

    fn verdict(&self, answer: &ResponseHeader) -> Verdict {
        let content_type = answer.headers.get(http::header::CONTENT_TYPE);
        self.by_status(answer.status, content_type.and_then(|value| value.to_str().ok()))
    }

    fn by_status(&self, status: StatusCode, content_type: Option<&str>) -> Verdict {
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return Verdict::ok("upgraded");
        }
        let end = End::Answer {
            status: status.as_u16(),
            content_type,
            body: &[],
        };
        self.relay.upstream.upstream.judge.judge(&end)
    }

    fn failed(&self, stage: Stage, error: &Error) -> Verdict {
        let timed_out = matches!(error.etype(), ErrorType::ReadTimedout | ErrorType::WriteTimedout);
        let end = End::Failed {
            stage,
            timed_out,
            reused_connection: self.reused,
        };
        self.relay.upstream.upstream.judge.judge(&end)
    }
}

fn native(ctx: &mut Context) -> pingora::Result<&mut Native> {
    ctx.native
        .as_deref_mut()
        .ok_or_else(|| Error::explain(ErrorType::InternalError, "no plan for Pingora's own path"))
}

/// The client's subprotocols, without the one that carried its key.
fn offer_subprotocols(head: &mut RequestHeader, client: &http::HeaderMap) -> pingora::Result<()> {
    let offered = client.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let carries_key = |value: &HeaderValue| {
        value
            .to_str()
            .is_ok_and(|text| text.contains(WEBSOCKET_KEY_PREFIX))
    };
    for value in offered
        .filter(|value| carries_key(value))
        .filter_map(subprotocols)
    {
        head.append_header(SEC_WEBSOCKET_PROTOCOL, value)?;
    }
    Ok(())
}
