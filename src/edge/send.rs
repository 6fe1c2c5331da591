//! One attempt's way out: inject, connect, send, and read the head of the answer.
//!
//! Invariant: the pool key is put in here and nowhere else, for the node that the lease is on.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, USER_AGENT};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use pingora::connectors::http::Connector;
use pingora::http::RequestHeader;
use pingora::protocols::http::client::HttpSession;
use pingora::upstreams::peer::Peer;
use pingora::{Error, ErrorType, OrErr};
use potluck_filters::inject::{ClientHeaders, USER_AGENT_VALUE};
use potluck_filters::judge::Stage;
use potluck_filters::model::Kind;

use super::converse;
use super::decimal::decimal;
use super::egress::{Out, session};
use super::exchange::{Asked, Exchange, Pace};
use super::guard::LeaseGuard;
use super::plan::Relay;
use super::spans::Span;
use super::together::await_body;
use crate::clock::RequestId;
use crate::plugin::Refused;

/// Bodies are handed over in pieces, and between two of them an early answer is noticed.
const SLICE: usize = 64 * 1024;
/// More interim answers than this are an attack on our patience.
const MOST_INTERIM: usize = 8;
/// How long an answer may take once the upstream has stopped reading.
const LATE: Duration = Duration::from_secs(1);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// An attempt that ended without an answer.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) stage: Stage,
    pub(super) timed_out: bool,
    pub(super) reused: bool,
    pub(super) cause: Option<Box<Error>>,
}

/// What goes into each attempt beside the client's head, which the session keeps.
pub(super) struct Outgoing<'a> {
    pub(super) relay: &'a Relay,
    pub(super) request_id: &'a RequestId,
    pub(super) body: Bytes,
}

/// A request as one attempt sends it.
pub(super) struct Request {
    head: Box<RequestHeader>,
    body: Bytes,
    upgrade: bool,
}

impl Request {
    /// The same as part of a trace, where it is traced.
    pub(super) fn under(mut self, span: Option<&Span>, kind: Kind) -> Self {
        if let Some(span) = span {
            span.tell(&mut self.head, kind);
        }
        self
    }

    /// A `GET` of the relay's own, for the node that the lease is on.
    pub(super) fn get(path: &str, lease: &LeaseGuard) -> Result<Self, Box<Error>> {
        let node = lease.node();
        let (node, authority) = node
            .and_then(|node| Some((node.node(), node.authority()?)))
            .ok_or_else(|| Error::new(ErrorType::InternalError))?;
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.uri = target(&node.base.prefix, path)?;
        head.headers.insert(HOST, authority.clone());
        head.headers.insert(ACCEPT_ENCODING, IDENTITY);
        head.headers.insert(USER_AGENT, USER_AGENT_VALUE);
        if let Some(key) = lease.key() {
            head.headers
                .insert(AUTHORIZATION, key.credential.authorization().clone());
        }
        Ok(Self {
            head: Box::new(head.into()),
            body: Bytes::new(),
            upgrade: false,
        })
    }
}

/// Connects, sends, and waits for the head of the answer.
pub(super) async fn exchange(
    connector: &Connector,
    lease: &mut LeaseGuard,
    out: Out<'_>,
    request: Result<Request, Box<Error>>,
    pace: Pace,
) -> Result<Exchange, Failed> {
    let timeouts = lease.upstream().upstream.timeouts;
    let Request {
        mut head,
        body,
        upgrade,
    } = request.map_err(|e| failed(Stage::Connect, false, e))?;
    let bodiless = head.method == Method::HEAD;

    lease.upgrade = upgrade;
    let connected = session(connector, out, lease, pace).await;
    let (mut session, reused, peer) = connected?;
    if let HttpSession::H2(_) = *session {
        as_h2(&mut head, peer.http.tls()).map_err(|e| failed(Stage::Connect, reused, e))?;
    }
    session.set_write_timeout(Some(timeouts.write));
    await_body(&session, body.len());
    session
        .write_request_header(head)
        .await
        .map_err(|e| failed(Stage::Send, reused, e))?;
    // Usually the socket takes all of it at once, and no timer is made.
    let sending = pingora::time::tokio_timeout(pace.left(), send_body(&mut session, body));
    let sent = in_time(sending.await, ErrorType::WriteTimedout);
    let patience = match sent {
        Ok(_) => timeouts.first_byte.min(pace.left()),
        // The body was not taken, but there may be an answer that says why, and it is there by now.
        Err(_) => LATE,
    };
    let answered = match sent {
        // Nothing more can be read from this one.
        Ok(Sent::Refused(error)) => return Err(failed(Stage::Send, reused, error)),
        Ok(Sent::Whole | Sent::Answered) | Err(_) => {
            let reading = tokio::time::timeout(patience, read_head(&mut session, upgrade));
            in_time(reading.await, ErrorType::ReadTimedout)
        }
    };
    match (sent, answered) {
        (sent, Ok(())) => {
            let asked = Asked {
                reused,
                sent: matches!(sent, Ok(Sent::Whole)),
                bodiless,
            };
            Ok(Exchange::new(session, peer, pace, asked))
        }
        (Ok(Sent::Whole), Err(error)) => Err(failed(Stage::FirstByte, reused, error)),
        (Ok(Sent::Answered | Sent::Refused(_)), Err(error)) | (Err(error), Err(_)) => {
            Err(failed(Stage::Send, reused, error))
        }
    }
}

/// What came of a step of several reads or writes that was bounded as a whole.
fn in_time<T, L>(ended: Result<Result<T, Box<Error>>, L>, late: ErrorType) -> Result<T, Box<Error>> {
    ended.unwrap_or_else(|_| Error::e_explain(late, "the upstream took too long"))
}

impl Failed {
    /// Before there was a connection.
    pub(super) fn at(stage: Stage, cause: Option<Box<Error>>) -> Self {
        match cause {
            Some(error) => failed(stage, false, error),
            None => Self {
                stage,
                timed_out: false,
                reused: false,
                cause: None,
            },
        }
    }
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

async fn send_body(session: &mut HttpSession, mut rest: Bytes) -> Result<Sent, Box<Error>> {
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

fn has_agreed(session: &HttpSession) -> bool {
    session
        .response_header()
        .is_some_and(|head| head.status == StatusCode::SWITCHING_PROTOCOLS)
}

/// Reads heads until one is final. What was read early is kept.
pub(super) async fn read_head(session: &mut HttpSession, upgrade: bool) -> Result<(), Box<Error>> {
    for _ in 0..=MOST_INTERIM {
        if has_answered(session) || upgrade && has_agreed(session) {
            return Ok(());
        }
        session.read_response_header().await?;
    }
    Error::e_explain(ErrorType::InvalidHTTPHeader, "too many interim answers")
}

impl Outgoing<'_> {
    /// What one attempt sends: all of it is known before the upstream is spoken to.
    pub(super) fn request(&self, client: &RequestHeader, lease: &LeaseGuard) -> Result<Request, Box<Error>> {
        let mut head = self.head(client, lease)?;
        self.announce(&mut head.headers, client);
        let upgrade = self.relay.upgrade;
        if upgrade {
            converse::offer(&mut head.headers, &client.headers)?;
        }
        Ok(Request {
            head: Box::new(head.into()),
            body: self.body.clone(),
            upgrade,
        })
    }

    /// The head for this attempt: what passes of the client's, then the pool's own.
    pub(super) fn head(&self, client: &RequestHeader, lease: &LeaseGuard) -> Result<Parts, Box<Error>> {
        let node = lease.node();
        let (node, authority) = node
            .and_then(|node| Some((node.node(), node.authority()?)))
            .ok_or_else(|| Error::new(ErrorType::InternalError))?;
        let (relay, kind) = (self.relay, self.relay.upstream.upstream.kind);
        // Made of its parts at once: header by header, Pingora would parse each name anew.
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.method = client.method.clone();
        head.uri = target(&node.base.prefix, &relay.path)?;
        head.headers = passing(kind, relay.presented.as_deref(), &client.headers)?;
        let headers = &mut head.headers;
        headers.insert(HOST, authority.clone());
        headers.insert(REQUEST_ID, self.request_id.header());
        match kind {
            // The judge reads their error bodies; and images do not shrink anyway.
            Kind::Novelai | Kind::Openai => headers.insert(ACCEPT_ENCODING, IDENTITY),
            Kind::Http => None,
        };
        match kind {
            Kind::Novelai => headers.insert(USER_AGENT, USER_AGENT_VALUE),
            Kind::Openai | Kind::Http => None,
        };
        if let Some(running) = &relay.plugins {
            if running.chain().needs().response_body {
                headers.insert(ACCEPT_ENCODING, IDENTITY);
            }
            let done = running.on_upstream_request(headers, &node.name);
            done.map_err(|Refused| {
                Error::explain(ErrorType::InternalError, "a plug-in refused the attempt")
            })?;
        }
        if let Some(key) = lease.key() {
            headers.insert(AUTHORIZATION, key.credential.authorization().clone());
        }
        Ok(head)
    }

    /// Says how long the body is that is sent from memory.
    fn announce(&self, headers: &mut HeaderMap, client: &RequestHeader) {
        let carries = !self.body.is_empty() || client.headers.contains_key(CONTENT_LENGTH);
        if carries || expects_a_body(&client.method) {
            headers.insert(CONTENT_LENGTH, decimal(self.body.len() as u64, ""));
        }
        if !carries {
            headers.remove(CONTENT_TYPE);
        }
    }
}

/// Path and query at a node.
pub(super) fn target(prefix: &str, path: &str) -> Result<Uri, Box<Error>> {
    let target = if prefix.is_empty() {
        PathAndQuery::try_from(path)
    } else {
        PathAndQuery::try_from(format!("{prefix}{path}"))
    };
    let target = target.or_err(
        ErrorType::InvalidHTTPHeader,
        "the path does not fit into a target",
    )?;
    Ok(target.into())
}

/// The client's headers that go on, with room for the pool's own.
fn passing(kind: Kind, presented: Option<&str>, client: &HeaderMap) -> Result<HeaderMap, Box<Error>> {
    let filter = ClientHeaders::new(kind, presented, client);
    let mut headers = HeaderMap::with_capacity(client.len() + 4);
    for (name, value) in client.iter().filter(|(name, value)| filter.passes(name, value)) {
        let appended = headers.try_append(name.clone(), value.clone());
        appended.or_err(ErrorType::InvalidHTTPHeader, "too many headers")?;
    }
    Ok(headers)
}

/// h2 has no `Host`: scheme and authority are part of the target.
pub(super) fn as_h2(header: &mut RequestHeader, tls: bool) -> Result<(), Box<Error>> {
    let host = header.remove_header(&HOST);
    let scheme = if tls { "https" } else { "http" };
    let uri = Uri::builder()
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
