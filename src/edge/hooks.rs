//! Where a request's steps and its route's plug-ins meet.
//!
//! Invariant: a request of a route without plug-ins comes here for one look at an `Option`, and no further.

mod answer;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD,
    CACHE_CONTROL, CONTENT_TYPE, ORIGIN,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use pingora::Error;
use pingora::http::ResponseHeader;
use pingora::proxy::Session;
use potluck_filters::authenticate::presented;
use potluck_filters::model::Kind;
use potluck_filters::reach::{BodyUse, decode_path};
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::route::Match;

use super::Edge;
use super::downstream::Downstream;
use super::heart::Heart;
use super::plan::{Asked, Client, No, Relay};
use super::proxy::Context;
use super::relay::framed;
use crate::clock::RequestId;
use crate::plugin::{About, Answer, Chain, Ended, Flow, Preflight, Request, Running};
pub(super) use answer::{answer, own_answer, piece, refuse_in_stream, shown, torn};

/// What plug-ins made of a request.
pub(super) enum Hooked {
    /// It goes on, with this body.
    On(Bytes),
    /// It has its answer.
    Answer(Answer),
}

/// Where a request's plug-ins are kept from its beginning to its end.
pub(super) struct Begun<'a> {
    pub(super) id: &'a RequestId,
    pub(super) plugins: &'a mut Option<Arc<Running>>,
}

/// Begins with the plug-ins of a request's route, if it has any. An answer is one to a browser's preflight.
pub(super) fn begin(
    found: &Match<'_>,
    asked: &Asked<'_>,
    Begun { id, plugins }: Begun<'_>,
) -> Result<Option<Answer>, Rejection> {
    let Some(extension) = &found.route.plugins else {
        return Ok(None);
    };
    let Some(chain) = extension.get::<Chain>() else {
        return Err(Code::PluginFailed.into());
    };
    let running = Arc::new(Running::new(chain, about(found, asked, id)));
    preflight(plugins.insert(running), asked)
}

fn about(found: &Match<'_>, asked: &Asked<'_>, id: &RequestId) -> About {
    let path = found.path.split('?').next().unwrap_or_default();
    let decoded = decode_path(path).map_or_else(|_| path.into(), |decoded| decoded.as_ref().into());
    About {
        method: asked.method.clone(),
        path: decoded,
        kind: found.upstream.kind,
        upstream: Arc::clone(&found.upstream.name),
        request_id: id.clone(),
        peer: asked.peer,
        origin: asked.headers.get(ORIGIN).cloned(),
    }
}

/// A plug-in's answer to a browser's preflight.
fn preflight(running: &Running, asked: &Asked<'_>) -> Result<Option<Answer>, Rejection> {
    let text = |name| {
        asked
            .headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let (Some(origin), Some(method)) = (text(ORIGIN), text(ACCESS_CONTROL_REQUEST_METHOD)) else {
        return Ok(None);
    };
    if *asked.method != Method::OPTIONS {
        return Ok(None);
    }
    running.preflight(&Preflight {
        origin,
        method,
        headers: text(ACCESS_CONTROL_REQUEST_HEADERS),
    })
}

/// Why a request for a WebSocket goes nowhere, if so.
pub(super) fn no_socket(relay: &Relay) -> Option<Rejection> {
    let bars = |running: &Arc<Running>| running.chain().needs().no_sockets;
    if relay.plugins.as_ref().is_some_and(bars) {
        return Some(Rejection::new(Code::PathNotAllowed).saying(NO_BODY));
    }
    // Nobody can say which model a conversation will ask for.
    let listed = |client: &Client| client.key.models.is_some();
    let listed = relay.client.as_ref().is_some_and(listed);
    listed.then(|| Code::ModelNotAllowed.into())
}

/// Why a WebSocket is refused where a plug-in must read bodies.
const NO_BODY: &str =
    "A plug-in of this route must read each request's body, and a WebSocket has none to read.";

impl Edge {
    /// The body with which the request goes on; nothing where a plug-in has ended it, which the client knows by
    /// then.
    pub(super) async fn went_on(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        relay: &mut Relay,
        hooked: Result<Hooked, Rejection>,
    ) -> Result<Option<Bytes>, Box<Error>> {
        match hooked {
            Ok(Hooked::On(body)) => return Ok(Some(body)),
            Ok(Hooked::Answer(answer)) => self.given(session, ctx, answer, false).await?,
            Err(rejection) => {
                // No work was done: its places in the windows are given back.
                let mut no = No::left(relay, rejection);
                if let Some(ticket) = relay.ticket.take() {
                    no.remaining = ticket.refund();
                }
                self.refuse(session, ctx, no).await?;
            }
        }
        Ok(None)
    }

    /// Whether plug-ins let a request pass that the relay answers itself; where not, the client knows by then.
    pub(super) async fn passes_plugins(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        dialect: Kind,
    ) -> Result<bool, Box<Error>> {
        let Some(running) = ctx.plugins.clone() else {
            return Ok(true);
        };
        let flow = unrelayed(&running, session);
        match flow {
            Ok(Flow::Continue) => return Ok(true),
            Ok(Flow::Answer(answer)) => Box::pin(self.given(session, ctx, answer, false)).await?,
            Err(rejection) => Box::pin(self.refuse(session, ctx, No::new(dialect, rejection))).await?,
        }
        Ok(false)
    }

    /// What plug-ins do before the body is read.
    pub(super) fn hooked_head(&self, session: &mut Session, relay: &mut Relay) -> Result<Hooked, Rejection> {
        let Some(running) = relay.plugins.clone() else {
            return Ok(Hooked::On(Bytes::new()));
        };
        let needs = running.chain().needs();
        if (needs.request_body || needs.response_body) && relay.body == BodyUse::Replay {
            relay.body = BodyUse::Whole;
        }
        let mut request = request(&running, session, relay, Bytes::new());
        let flow = running.on_head(&mut request)?;
        Ok(changed(session, relay, request_parts(request), flow))
    }

    /// What plug-ins do with the body, and whether heartbeats go out from now on.
    pub(super) fn hooked_body(
        &self,
        session: &mut Session,
        ctx: &Context,
        relay: &mut Relay,
        body: Bytes,
    ) -> Result<Hooked, Rejection> {
        let Some(running) = relay.plugins.clone() else {
            return Ok(Hooked::On(body));
        };
        // As it was sent; as it goes on is looked at with its price.
        relay.admit_model(&session.req_header().headers, &body)?;
        let (body, kept) = match relay.body {
            BodyUse::None => (Bytes::new(), Some(body)),
            BodyUse::Whole | BodyUse::Replay => (body, None),
        };
        let mut request = request(&running, session, relay, body);
        if let Some(beat) = running.heartbeat(&request).filter(|_| !relay.upgrade) {
            let head = self.heart_head(session, &ctx.request_id, relay)?;
            let out = Downstream::new(&self.settings, session, &head);
            // Only the first is kept, and there is no other.
            let _ = running.heart.set(Heart::new(beat, self.clock, out, head));
        }
        let flow = running.on_body(&mut request)?;
        let hooked = changed(session, relay, request_parts(request), flow);
        Ok(match (hooked, kept) {
            (Hooked::On(_), Some(kept)) => Hooked::On(kept),
            (hooked, _) => hooked,
        })
    }

    /// The head under which heartbeats go out.
    fn heart_head(
        &self,
        session: &Session,
        id: &RequestId,
        relay: &Relay,
    ) -> Result<Box<ResponseHeader>, Rejection> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if relay.upstream.upstream.kind == Kind::Novelai {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        let remaining = relay.ticket.as_ref().and_then(|ticket| ticket.remaining);
        headers.extend(self.signature(id, remaining));
        Ok(framed(session, StatusCode::OK, headers))
    }

    /// Gives a plug-in's answer.
    pub(super) async fn given(
        &self,
        session: &mut Session,
        ctx: &Context,
        answer: Answer,
        preflight: bool,
    ) -> Result<(), Box<Error>> {
        let (mut parts, ()) = http::Response::new(()).into_parts();
        (parts.status, parts.headers) = (answer.status, answer.headers);
        let mut head = ResponseHeader::from(parts);
        self.sign(&mut head, &ctx.request_id, None)?;
        if preflight {
            return self.write_reply(session, head, answer.body).await;
        }
        self.reply(session, ctx, head, answer.body).await
    }

    /// Tells plug-ins how the request ended.
    pub(super) fn hooked_end(&self, ctx: &mut Context) {
        let Some(running) = ctx.plugins.take() else { return };
        let took = self.clock.now().since(ctx.started());
        running.on_log(&Ended {
            about: running.about(),
            status: ctx.status,
            code: ctx.code.map(Code::as_str),
            client_key: ctx.noted.client_key.map(|id| id.0),
            bytes: ctx.body_bytes,
            took,
        });
    }
}

/// What plug-ins say to a request that the relay answers itself. It has no body.
fn unrelayed(running: &Running, session: &Session) -> Result<Flow, Rejection> {
    let headers = &session.req_header().headers;
    let mut request = Request {
        about: running.about(),
        client_key: None,
        user: None,
        presented: presented(headers),
        headers: headers.clone(),
        body: Bytes::new(),
        most_anlas: u32::MAX,
    };
    match running.on_head(&mut request)? {
        Flow::Continue => running.on_body(&mut request),
        Flow::Answer(answer) => Ok(Flow::Answer(answer)),
    }
}

fn request<'a>(running: &'a Running, session: &Session, relay: &'a Relay, body: Bytes) -> Request<'a> {
    Request {
        about: running.about(),
        client_key: relay.client.as_ref().map(|client| client.key.id.0),
        user: relay.client.as_ref().map(|client| client.user.0),
        presented: relay.presented.as_deref(),
        headers: session.req_header().headers.clone(),
        body,
        most_anlas: relay.most_anlas,
    }
}

fn request_parts(request: Request<'_>) -> (HeaderMap, Bytes, u32) {
    (request.headers, request.body, request.most_anlas)
}

/// What the plug-ins changed takes the place of what was there.
fn changed(
    session: &mut Session,
    relay: &mut Relay,
    (headers, body, most_anlas): (HeaderMap, Bytes, u32),
    flow: Flow,
) -> Hooked {
    relay.most_anlas = most_anlas;
    let head = session.req_header_mut();
    if head.headers != headers {
        let mut parts = head.as_owned_parts();
        parts.headers = headers;
        *head = parts.into();
    }
    match flow {
        Flow::Continue => Hooked::On(body),
        Flow::Answer(answer) => Hooked::Answer(answer),
    }
}
