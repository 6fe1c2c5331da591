//! The answer, as it comes: each piece is passed on when it arrives, with back-pressure.
//!
//! [`follow`](super::follow) goes in step with the client; [`read_ahead`](super::read_ahead) does not
//! wait for it. Nothing is ever retried or spliced from here on.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::protocols::http::HttpTask;
use pingora::proxy::Session;
use pingora::{Error, ErrorType, OrErr};
use potluck_filters::inject::{answer_passes, is_named_by};
use potluck_filters::model::Kind;
use potluck_filters::rejection::Code;

use super::attempt::{Answer, cut};
use super::converse::is_agreed;
use super::downstream::Downstream;
use super::plan::{No, Relay};
use super::proxy::Context;
use super::{Edge, asking, hooks};
use crate::plugin::Deliver;

/// How relaying ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relayed {
    /// All of the answer went out.
    Whole,
    /// The upstream broke off.
    Cut,
    /// The client went away.
    ClientGone,
    /// A plug-in of the route stopped it.
    Stopped,
}

impl Edge {
    /// Relays an answer to its end and gives the lease back.
    pub(super) async fn relay(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        relay: &Relay,
        answer: Box<Answer>,
    ) -> Result<(), Box<Error>> {
        ctx.noted.ends(relay, &answer.lease, &answer.verdict);
        if relay.upgrade && is_agreed(&answer) {
            ctx.noted.answers(&self.clock);
            return Box::pin(self.converse(session, ctx, relay, answer)).await;
        }
        let kind = relay.upstream.upstream.kind;
        let Some((mut status, mut headers)) = self.answer_head(&answer, relay)? else {
            answer.cut(relay);
            return self
                .refuse(session, ctx, No::left(relay, Code::UpstreamBroken.into()))
                .await;
        };
        ctx.watch = self.watch(relay, &answer, (status, &headers));
        let (from, asked) = ((&relay.upstream, &answer.lease), relay.body_bytes);
        ctx.noted.metering = self.metering(ctx.noted.endpoint, from, (status, &headers), asked);
        match hooks::answer(relay, &mut status, &mut headers) {
            Ok(Deliver::Pass | Deliver::Chunks) => {}
            Ok(Deliver::Whole { most }) => {
                let (head, answer) = ((status, headers), (answer, most));
                return Box::pin(self.relay_whole(session, ctx, relay, head, answer)).await;
            }
            Err(rejection) => {
                let refused = self.refuse(session, ctx, No::left(relay, rejection)).await;
                Box::pin(self.let_end(answer, relay)).await;
                return refused;
            }
        }
        ctx.hiding = asking::hiding(relay, &mut headers);
        let remaining = relay.ticket.as_ref().and_then(|ticket| ticket.remaining);
        for (name, value) in self.signature(&ctx.request_id, remaining) {
            headers.insert(name, value);
        }
        ctx.noted.answers(&self.clock);
        self.tell_times(&ctx.noted, &mut headers);
        let head = framed(session, status, headers);
        let out = Downstream::new(&self.settings, session, &head);
        let mut can_say_so = is_event_stream(&head.headers) && !head.headers.contains_key(CONTENT_LENGTH);
        let Some(head) = hooks::shown(relay, head, &mut can_say_so) else {
            return Box::pin(self.relay_as_event(session, ctx, relay, answer)).await;
        };
        let ended = match kind {
            // Boxed, so that the other kinds do not carry its weight.
            Kind::Novelai => Box::pin(self.read_ahead(session, ctx, (out, head), answer, relay)).await,
            Kind::Openai | Kind::Http => self.follow(session, ctx, (out, head), answer, relay).await,
        };
        ctx.relayed = Some(ended);
        match ended {
            Relayed::Whole => Ok(()),
            Relayed::Cut if session.as_downstream().response_written().is_none() => {
                self.refuse(session, ctx, No::left(relay, Code::UpstreamBroken.into()))
                    .await
            }
            Relayed::Cut if can_say_so => end_event_stream(session, out, kind).await,
            Relayed::Cut => {
                Err(Error::explain(ErrorType::ConnectionClosed, "the upstream broke off").into_up())
            }
            Relayed::ClientGone => Err(client_gone()),
            Relayed::Stopped => Box::pin(self.stopped(session, ctx, relay, (out, can_say_so))).await,
        }
    }

    /// Status and headers for the client; `None` where the upstream's can not be trusted to frame its body.
    pub(super) fn answer_head(
        &self,
        answer: &Answer,
        relay: &Relay,
    ) -> Result<Option<(StatusCode, HeaderMap)>, Box<Error>> {
        let Some(upstream) = answer.exchange.head() else {
            return Ok(None);
        };
        let coded = upstream.headers.get_all(TRANSFER_ENCODING).iter();
        if !coded
            .into_iter()
            .all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
        {
            return Ok(None);
        }
        let kind = relay.upstream.upstream.kind;
        let mut headers = HeaderMap::with_capacity(upstream.headers.len() + 6);
        let listed = upstream.headers.get(CONNECTION);
        let key = answer.lease.key().map(|key| &key.credential);
        let repeats = |value: &HeaderValue| key.is_some_and(|key| key.is_in(value.as_bytes()));
        let passes = |name: &HeaderName| answer_passes(kind, name) && !is_named_by(listed, name);
        for (name, value) in upstream
            .headers
            .iter()
            .filter(|(name, value)| passes(name) && !repeats(value))
        {
            let appended = headers.try_append(name.clone(), value.clone());
            appended.or_err(ErrorType::InvalidHTTPHeader, "too many headers")?;
        }
        Ok(Some((upstream.status, headers)))
    }

    /// The upstream has ended well: its lease is given back, its connection kept.
    pub(super) async fn end(&self, answer: Box<Answer>) {
        let Answer {
            exchange,
            lease,
            verdict,
            retry_after,
        } = *answer;
        lease.end(&verdict, retry_after);
        exchange.finish(&self.connector).await;
    }
}

impl Answer {
    /// The upstream broke off in mid-answer: judged anew, the connection is gone.
    pub(super) fn cut(mut self, relay: &Relay) {
        self.lease.broke = true;
        let verdict = relay.upstream.upstream.judge.judge(&cut(self.exchange.reused));
        self.lease.end(&verdict, None);
    }
}

/// An error for Pingora: there is nobody to answer to.
pub(super) fn client_gone() -> Box<Error> {
    Error::explain(ErrorType::ConnectionClosed, "the client went away").into_down()
}

/// Frames the body anew: without a length it goes in chunks, whose end can not be mistaken for a
/// connection that broke; HTTP/1.0 knows only the connection's end.
fn frame(headers: &mut HeaderMap, status: StatusCode, request: &RequestHeader) {
    headers.remove(TRANSFER_ENCODING);
    if status == StatusCode::NO_CONTENT {
        headers.remove(CONTENT_LENGTH);
    }
    let bodiless =
        request.method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let chunked = !bodiless && request.version == Version::HTTP_11 && !headers.contains_key(CONTENT_LENGTH);
    if chunked {
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}

/// A head for the client, framed anew.
pub(super) fn framed(session: &Session, status: StatusCode, mut headers: HeaderMap) -> Box<ResponseHeader> {
    frame(&mut headers, status, session.req_header());
    Box::new(head_of(status, headers))
}

/// Made of its parts at once: header by header, Pingora would parse each name anew.
fn head_of(status: StatusCode, headers: HeaderMap) -> ResponseHeader {
    let (mut parts, ()) = http::Response::new(()).into_parts();
    parts.status = status;
    parts.headers = headers;
    parts.into()
}

pub(super) fn is_event_stream(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE);
    value.is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
}

/// A stream of events that broke off says so in its own format, so that clients do not take what
/// they have for the whole.
async fn end_event_stream(session: &mut Session, out: Downstream, kind: Kind) -> Result<(), Box<Error>> {
    let event: &'static [u8] = match kind {
        Kind::Novelai => {
            b"\n\nevent: error\ndata: {\"event_type\":\"error\",\"code\":502,\"message\":\"The upstream broke off.\"}\n\n"
        }
        Kind::Openai | Kind::Http => {
            b"\n\nevent: error\ndata: {\"error\":{\"message\":\"The upstream broke off.\",\"type\":\"server_error\",\"code\":\"upstream_broken\",\"param\":null}}\n\n"
        }
    };
    out.write(
        session,
        vec![HttpTask::Body(Some(Bytes::from_static(event)), true)],
    )
    .await
}
