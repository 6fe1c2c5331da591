//! One check: connect, ask, and see what comes.

use bytes::BytesMut;
use http::header::{ACCEPT, HOST, USER_AGENT};
use http::{HeaderValue, Method};
use pingora::connectors::http::Connector;
use pingora::http::RequestHeader;
use pingora::protocols::http::client::HttpSession;
use pingora::{Error, ErrorType};
use potluck_filters::health::{Ailment, Checked, HealthSettings};
use potluck_filters::inject::USER_AGENT_VALUE;
use potluck_filters::model::{Kind, Scheme};
use potluck_filters::time::Moment;

use crate::clock::Clock;
use crate::edge::addresses::NodeAddresses;
use crate::edge::egress::{Target, Unlinked};
use crate::edge::send::{as_h2, read_head, target};

/// Bytes of a body that are looked through.
const LOOKED_AT: usize = 64 * 1024;
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");
const OWN_NAME: HeaderValue = HeaderValue::from_static("potluck");

/// What a check has learned so far: kept when its time is up.
#[derive(Clone, Copy)]
struct Seen {
    status: Option<u16>,
    /// Whether there is a connection to the node.
    linked: bool,
    /// Since when the answer, or the connection where nothing is asked, was waited for.
    since: Moment,
    /// When it was there.
    came: Option<Moment>,
}

/// Checks a node.
pub(super) async fn ask(connector: &Connector, target: &Target<'_>, clock: Clock) -> Checked {
    let mut seen = Seen {
        status: None,
        linked: false,
        since: clock.now(),
        came: None,
    };
    let asking = visit(connector, target, clock, &mut seen);
    let result = tokio::time::timeout(target.upstream.upstream.health.timeout, asking).await;
    let late = || {
        let way = !seen.linked && target.is_behind_proxies();
        Err(if way { Ailment::Egress } else { Ailment::TimedOut })
    };
    Checked {
        result: result.unwrap_or_else(|_| late()),
        status: seen.status,
        took: seen.came.unwrap_or_else(|| clock.now()).since(seen.since),
    }
}

async fn visit(
    connector: &Connector,
    target: &Target<'_>,
    clock: Clock,
    seen: &mut Seen,
) -> Result<(), Ailment> {
    let mut session = target.link(connector).await.map_err(|none| match none {
        Unlinked::NoAddress => Ailment::NoAddress,
        Unlinked::Egress => Ailment::Egress,
        Unlinked::Node(error) => {
            let error = error.as_deref();
            error.map_or(Ailment::NoConnection, |error| {
                ailment(error, Ailment::NoConnection)
            })
        }
    })?;
    seen.linked = true;
    let upstream = &target.upstream.upstream;
    let result = match &upstream.health.path {
        Some(path) => {
            let head = head(target.node, upstream.kind, path)?;
            seen.since = clock.now();
            let tls = target.node.node().base.scheme == Scheme::Https;
            let answered = answer(&mut session, head, tls, &upstream.health, clock, seen).await;
            answered.unwrap_or_else(|error| Err(ailment(&error, Ailment::Broke)))
        }
        None => {
            seen.came = Some(clock.now());
            Ok(())
        }
    };
    close(session).await;
    result
}

/// `GET` with nothing in it that is anybody's.
fn head(place: &NodeAddresses, kind: Kind, path: &str) -> Result<RequestHeader, Ailment> {
    let authority = place.authority().ok_or(Ailment::NoAddress)?;
    let (mut head, ()) = http::Request::new(()).into_parts();
    head.method = Method::GET;
    head.uri = target(&place.node().base.prefix, path).map_err(|_| Ailment::Broke)?;
    head.headers.insert(HOST, authority.clone());
    head.headers.insert(ACCEPT, ANYTHING);
    let agent = match kind {
        Kind::Novelai => USER_AGENT_VALUE,
        Kind::Openai | Kind::Http => OWN_NAME,
    };
    head.headers.insert(USER_AGENT, agent);
    Ok(head.into())
}

async fn answer(
    session: &mut HttpSession,
    mut head: RequestHeader,
    tls: bool,
    settings: &HealthSettings,
    clock: Clock,
    seen: &mut Seen,
) -> Result<Result<(), Ailment>, Box<Error>> {
    if let HttpSession::H2(_) = session {
        as_h2(&mut head, tls)?;
    }
    session.write_request_header(Box::new(head)).await?;
    session.finish_request_body().await?;
    read_head(session, false).await?;
    seen.came = Some(clock.now());
    let status = session.response_header().map_or(0, |head| head.status.as_u16());
    seen.status = Some(status);
    let body = match settings.expect_body {
        Some(_) => body(session).await?,
        None => BytesMut::new(),
    };
    Ok(settings.judge(status, &body))
}

async fn body(session: &mut HttpSession) -> Result<BytesMut, Box<Error>> {
    let mut body = BytesMut::new();
    while body.len() < LOOKED_AT {
        match session.read_response_body().await? {
            Some(piece) => body.extend_from_slice(&piece),
            None => break,
        }
    }
    body.truncate(LOOKED_AT);
    Ok(body)
}

async fn close(session: HttpSession) {
    match session {
        HttpSession::H1(mut h1) => h1.shutdown().await,
        HttpSession::H2(mut h2) => h2.shutdown(),
        HttpSession::Custom(()) => {}
    }
}

fn ailment(error: &Error, otherwise: Ailment) -> Ailment {
    match error.etype() {
        ErrorType::ConnectTimedout
        | ErrorType::TLSHandshakeTimedout
        | ErrorType::ReadTimedout
        | ErrorType::WriteTimedout => Ailment::TimedOut,
        ErrorType::TLSHandshakeFailure | ErrorType::InvalidCert | ErrorType::HandshakeError => Ailment::Tls,
        _ => otherwise,
    }
}
