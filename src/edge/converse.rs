//! WebSockets: a handshake that is tried like any other request, and a conversation that passes as it is.
//!
//! Not on Pingora's own path: that drops a conversation whose 101 comes before it has noted the end of the request, as
//! those of nodes close by may. Invariant: the one limit on a conversation is the longest silence, or the longest that
//! somebody may leave untaken what the other has said; both sides end together.

mod passing;

use http::header::{CONNECTION, SEC_WEBSOCKET_PROTOCOL, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use pingora::protocols::http::HttpTask;
use pingora::proxy::Session;
use pingora::{Error, ErrorType};
use potluck_filters::authenticate::WEBSOCKET_KEY_PREFIX;
use potluck_filters::inject::subprotocols;
use potluck_filters::judge::Verdict;
use potluck_filters::model::Kind;

use super::Edge;
use super::attempt::Answer;
use super::downstream::Downstream;
use super::hooks;
use super::plan::{No, Relay};
use super::proxy::Context;
use super::relay::{Relayed, framed};
use passing::{PIECE, Passing, Patience};

const TO: HeaderValue = HeaderValue::from_static("websocket");
const BY: HeaderValue = HeaderValue::from_static("Upgrade");

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

/// Asks for the upgrade, with the client's subprotocols but for the one that carried its key.
pub(super) fn offer(headers: &mut HeaderMap, client: &HeaderMap) -> Result<(), Box<Error>> {
    headers.insert(CONNECTION, BY);
    headers.insert(UPGRADE, TO);
    let offered = client.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let carries_key = |value: &&HeaderValue| {
        value
            .to_str()
            .is_ok_and(|text| text.contains(WEBSOCKET_KEY_PREFIX))
    };
    for value in offered.filter(carries_key).filter_map(subprotocols) {
        let appended = headers.try_append(SEC_WEBSOCKET_PROTOCOL, value);
        appended.map_err(|_| Error::explain(ErrorType::InvalidHTTPHeader, "too many headers"))?;
    }
    Ok(())
}

/// Whether the upstream has agreed.
pub(super) fn is_agreed(answer: &Answer) -> bool {
    let head = answer.exchange.head();
    head.is_some_and(|head| head.status == StatusCode::SWITCHING_PROTOCOLS)
}

impl Edge {
    /// Passes a conversation on to its end.
    pub(super) async fn converse(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        relay: &Relay,
        answer: Box<Answer>,
    ) -> Result<(), Box<Error>> {
        let head = self.answer_head(&answer, relay)?;
        let (mut status, mut headers) = head.ok_or_else(|| Error::new(ErrorType::InternalError))?;
        if let Err(rejection) = hooks::answer(relay, &mut status, &mut headers) {
            return self.refuse(session, ctx, No::left(relay, rejection)).await;
        }
        let mut head = framed(session, StatusCode::SWITCHING_PROTOCOLS, headers);
        head.remove_header(&TRANSFER_ENCODING);
        let remaining = relay.ticket.as_ref().and_then(|ticket| ticket.remaining);
        self.sign(&mut head, &ctx.request_id, remaining)?;
        head.insert_header(CONNECTION, BY)?;
        head.insert_header(UPGRADE, TO)?;
        let out = Downstream::new(&self.settings, session, &head);
        let Answer {
            exchange, mut lease, ..
        } = *answer;
        ctx.relayed = Some(Relayed::Whole);
        let patience = Patience {
            silence: relay.upstream.upstream.timeouts.websocket,
            stall: out.bound(PIECE),
        };
        let began = out.write(session, vec![HttpTask::Header(head, false)]).await;
        // However it ends: a conversation that began is no fault of anybody.
        if let (Ok(()), Some((node, ahead))) = (began, exchange.into_connection()) {
            let passing = Passing::between(session.as_downstream_mut(), node, ahead);
            ctx.body_bytes += passing.until_over(patience, self.clock).await;
            let _ = out.write(session, vec![HttpTask::Done]).await;
        }
        lease.broke = false;
        lease.end(&Verdict::ok("upgraded"), None);
        session.as_downstream_mut().set_keepalive(None);
        Ok(())
    }
}
