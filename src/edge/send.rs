//! One attempt's way out: inject, connect, send, and read the head of the answer.
//!
//! Invariant: the pool key is put in here and nowhere else, for the node that the lease is on.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pingora::connectors::http::Connector;
use pingora::http::RequestHeader;
use pingora::protocols::http::client::HttpSession;
use pingora::upstreams::peer::Peer;
use pingora::{Error, ErrorType, OrErr};
use potluck_filters::inject::{ClientHeaders, USER_AGENT_VALUE};
use potluck_filters::judge::Stage;
use potluck_filters::model::{Kind, Timeouts};

use super::exchange::{Asked, Exchange, Pace};
use super::guard::LeaseGuard;
use super::plan::Relay;

/// Bodies are handed over in pieces, and between two of them an early answer is noticed.
const SLICE: usize = 64 * 1024;
/// More interim answers than this are an attack on our patience.
const MOST_INTERIM: usize = 8;
/// How long an answer may take once the upstream has stopped reading.
const LATE: Duration = Duration::from_secs(1);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An attempt that ended without an answer.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) stage: Stage,
    pub(super) timed_out: bool,
    pub(super) reused: bool,
    pub(super) cause: Option<Box<Error>>,
}

/// What of the client's request goes into each attempt.
pub(super) struct Outgoing<'a> {
    pub(super) relay: &'a Relay,
    pub(super) method: &'a Method,
    pub(super) headers: &'a HeaderMap,
    pub(super) request_id: &'a str,
    pub(super) body: Bytes,
}

/// Connects, sends, and waits for the head of the answer.
pub(super) async fn exchange(
    connector: &Connector,
    lease: &LeaseGuard,
    outgoing: &Outgoing<'_>,
    timeouts: Timeouts,
    pace: Pace,
) -> Result<Exchange, Failed> {
    let unresolved = || Failed {
        stage: Stage::Connect,
        timed_out: false,
        reused: false,
        cause: None,
    };
    let peer = lease
        .node()
        .and_then(super::addresses::NodeAddresses::next)
        .ok_or_else(unresolved)?;
    let mut header = request_header(outgoing, lease).map_err(|e| failed(Stage::Connect, false, e))?;
    announce(&mut header, outgoing).map_err(|e| failed(Stage::Connect, false, e))?;

    let connected = connector.get_http_session(&*peer).await;
    let (session, reused) = connected.map_err(|e| failed(Stage::Connect, false, e))?;
    let mut session = Box::new(session);
    if let HttpSession::H2(_) = *session {
        as_h2(&mut header, peer.tls()).map_err(|e| failed(Stage::Connect, reused, e))?;
    }
    session.set_write_timeout(Some(timeouts.write));
    session
        .write_request_header(Box::new(header))
        .await
        .map_err(|e| failed(Stage::Send, reused, e))?;
    let sent = within(
        pace.left(),
        ErrorType::WriteTimedout,
        send_body(&mut session, &outgoing.body),
    )
    .await;
    let patience = match sent {
        Ok(_) => timeouts.first_byte.min(pace.left()),
        // The body was not taken, but there may be an answer that says why, and it is there by now.
        Err(_) => LATE,
    };
    let answered = match sent {
        // Nothing more can be read from this one.
        Ok(Sent::Refused(error)) => return Err(failed(Stage::Send, reused, error)),
        Ok(Sent::Whole | Sent::Answered) | Err(_) => {
            within(patience, ErrorType::ReadTimedout, read_head(&mut session)).await
        }
    };
    match (sent, answered) {
        (sent, Ok(())) => {
            let asked = Asked {
                reused,
                sent: matches!(sent, Ok(Sent::Whole)),
                bodiless: *outgoing.method == Method::HEAD,
            };
            Ok(Exchange::new(session, peer, pace, asked))
        }
        (Ok(Sent::Whole), Err(error)) => Err(failed(Stage::FirstByte, reused, error)),
        (Ok(Sent::Answered | Sent::Refused(_)), Err(error)) | (Err(error), Err(_)) => {
            Err(failed(Stage::Send, reused, error))
        }
    }
}

/// Bounds a step of several reads or writes as a whole.
async fn within<T>(
    bound: Duration,
    late: ErrorType,
    step: impl Future<Output = Result<T, Box<Error>>>,
) -> Result<T, Box<Error>> {
    let bounded = tokio::time::timeout(bound, step).await;
    bounded.unwrap_or_else(|_| Error::e_explain(late, "the upstream took too long"))
}

fn failed(stage: Stage, reused: bool, error: Box<Error>) -> Failed {
    let timed_out = matches!(
        error.etype(),
        ErrorType::ConnectTimedout
            | ErrorType::TLSHandshakeTimedout
            | ErrorType::ReadTimedout
            | ErrorType::WriteTimedout
    );
    Failed {
        stage,
        timed_out,
        reused,
        cause: Some(error),
    }
}

/// How far the body went.
enum Sent {
    Whole,
    /// The upstream answered before it had taken all of it.
    Answered,
    /// The upstream ended the exchange without an answer.
    Refused(Box<Error>),
}

async fn send_body(session: &mut HttpSession, body: &Bytes) -> Result<Sent, Box<Error>> {
    let mut rest = body.clone();
    while !rest.is_empty() {
        let slice = rest.split_to(rest.len().min(SLICE));
        session.write_request_body(slice, rest.is_empty()).await?;
        if rest.is_empty() {
            break;
        }
        // Reading a head can be interrupted and resumed, so a look between two pieces loses nothing.
        match session.read_response_header().now_or_never() {
            // A failed look is final: Pingora's h2 sessions can not be asked again.
            Some(Err(error)) => return Ok(Sent::Refused(error)),
            Some(Ok(())) if has_answered(session) => return Ok(Sent::Answered),
            Some(Ok(())) | None => {}
        }
    }
    session.finish_request_body().await?;
    Ok(Sent::Whole)
}

fn has_answered(session: &HttpSession) -> bool {
    session
        .response_header()
        .is_some_and(|head| !head.status.is_informational())
}

/// Reads heads until one is final. What was read early is kept.
async fn read_head(session: &mut HttpSession) -> Result<(), Box<Error>> {
    for _ in 0..=MOST_INTERIM {
        if has_answered(session) {
            return Ok(());
        }
        session.read_response_header().await?;
    }
    Error::e_explain(ErrorType::InvalidHTTPHeader, "too many interim answers")
}

/// The head for this attempt: what passes of the client's, then the pool's own.
pub(super) fn request_header(
    outgoing: &Outgoing<'_>,
    lease: &LeaseGuard,
) -> Result<RequestHeader, Box<Error>> {
    let relay = outgoing.relay;
    let node = lease.node().map(super::addresses::NodeAddresses::node);
    let base = node
        .map(|node| &node.base)
        .ok_or_else(|| Error::new(ErrorType::InternalError))?;
    let path = if base.prefix.is_empty() {
        std::borrow::Cow::Borrowed(relay.path.as_str())
    } else {
        std::borrow::Cow::Owned(format!("{}{}", base.prefix, relay.path))
    };
    let size = outgoing.headers.len() + 4;
    let mut header = RequestHeader::build_no_case(outgoing.method.clone(), path.as_bytes(), Some(size))?;
    let kind = relay.upstream.upstream.kind;
    let filter = ClientHeaders::new(kind, relay.presented.as_deref(), outgoing.headers);
    for (name, value) in outgoing
        .headers
        .iter()
        .filter(|(name, value)| filter.passes(name, value))
    {
        header.append_header(name, value)?;
    }
    header.insert_header(HOST, lease.node().map_or("", |node| node.authority()))?;
    header.insert_header(REQUEST_ID, outgoing.request_id)?;
    match kind {
        Kind::Novelai => header.insert_header(USER_AGENT, USER_AGENT_VALUE)?,
        Kind::Openai | Kind::Http => {}
    }
    match kind {
        // The judge reads their error bodies; and images do not shrink anyway.
        Kind::Novelai | Kind::Openai => header.insert_header(ACCEPT_ENCODING, "identity")?,
        Kind::Http => {}
    }
    if let Some(key) = lease.key() {
        header.insert_header(AUTHORIZATION, key.credential.authorization())?;
    }
    Ok(header)
}

/// Says how long the body is that is sent from memory.
fn announce(header: &mut RequestHeader, outgoing: &Outgoing<'_>) -> Result<(), Box<Error>> {
    let carries = !outgoing.body.is_empty() || outgoing.headers.contains_key(CONTENT_LENGTH);
    if carries || expects_a_body(outgoing.method) {
        header.insert_header(CONTENT_LENGTH, HeaderValue::from(outgoing.body.len()))?;
    }
    if !carries {
        header.remove_header(&CONTENT_TYPE);
    }
    Ok(())
}

/// h2 has no `Host`: scheme and authority are part of the target.
fn as_h2(header: &mut RequestHeader, tls: bool) -> Result<(), Box<Error>> {
    let host = header.remove_header(&HOST);
    let scheme = if tls { "https" } else { "http" };
    let uri = http::Uri::builder()
        .scheme(scheme)
        .authority(host.as_ref().map_or(&b""[..], HeaderValue::as_bytes))
        .path_and_query(header.raw_path())
        .build();
    header.set_uri(uri.or_err(ErrorType::InvalidHTTPHeader, "the target does not fit into h2")?);
    header.set_version(http::Version::HTTP_2);
    Ok(())
}

/// RFC 9110 §8.6: a length of zero is said where the method means a body.
fn expects_a_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}
