//! One request's way through a fake: read, take a fault, record, answer.

use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tower::ServiceExt;

use crate::fault::body::{Cut, Severed, cut, drip};
use crate::fault::{Fault, Faults, Released};
use crate::record::{Exchange, Record, Recorded, Records};
use crate::wire::Control;

/// The largest request body that a fake keeps, in bytes. A larger one is refused with 413.
const MAX_BODY: usize = 64 << 20;

/// What all connections of a fake share.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) router: Router,
    pub(super) faults: Faults,
    pub(super) records: Records,
}

/// The connection that a request came over.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) connection: usize,
    pub(super) control: Control,
}

/// Answers one request. An error makes hyper give up the connection.
pub(super) async fn respond(
    site: Site,
    link: Link,
    request: Request<Incoming>,
) -> Result<Response<Recorded>, Severed> {
    let (parts, body) = request.into_parts();
    let mut record = Record::arrived(&parts, link.connection, Instant::now());
    let fault = site.faults.take(&record.credential, record.path());
    // Before the record shows, so that a test that saw the record can release.
    let released = site.faults.released();
    let body = match &fault {
        Some(Fault::Early { code }) => {
            return Ok(answer_early(&site.records, record, &parts.method, *code, body));
        }
        Some(Fault::Deaf) => {
            let _exchange = site.records.begin(record);
            released.wait().await;
            return Err(Severed);
        }
        Some(_) | None => read(body).await,
    };
    let (body, end) = body;
    record.body = body.clone();
    record.body_complete = end == End::Whole;
    record.started = Instant::now();
    let mut exchange = site.records.begin(record);
    match end {
        End::Whole => {}
        End::Short => return Err(Severed),
        End::TooLong => return Ok(finish(exchange, &parts.method, empty(413))),
    }
    let method = parts.method.clone();
    let request = Request::from_parts(parts, Body::from(body));
    let answer = answer(
        site.router,
        Strike {
            fault,
            released,
            control: link.control,
        },
        request,
    )
    .await;
    if answer.is_err() {
        exchange.settle();
    }
    Ok(finish(exchange, &method, answer?))
}

/// A fault with what it needs to strike.
struct Strike {
    fault: Option<Fault>,
    released: Released,
    control: Control,
}

async fn answer(router: Router, strike: Strike, request: Request<Body>) -> Result<Response<Body>, Severed> {
    let Strike {
        fault,
        released,
        control,
    } = strike;
    let Some(fault) = fault else {
        return Ok(call(router, request).await);
    };
    let answer = match fault {
        Fault::Status {
            code,
            content_type,
            body,
            headers,
        } => canned(code, &content_type, body, &headers),
        Fault::Early { code } => empty(code),
        Fault::Reset => {
            control.reset();
            return Err(Severed);
        }
        Fault::HangBeforeHeaders | Fault::Deaf => {
            released.wait().await;
            call(router, request).await
        }
        Fault::HangMidBody { after } => call(router, request)
            .await
            .map(|body| cut(body, after, Cut::Hang(released))),
        Fault::ResetMidBody { after } => call(router, request)
            .await
            .map(|body| cut(body, after, Cut::Reset(control))),
        Fault::Truncate { after } => call(router, request)
            .await
            .map(|body| cut(body, after, Cut::Truncate)),
        Fault::Drip { chunk, pause } => call(router, request).await.map(|body| drip(body, chunk, pause)),
    };
    Ok(answer)
}

async fn call(router: Router, request: Request<Body>) -> Response<Body> {
    match router.oneshot(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

/// How a request's body ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    /// The client left.
    Short,
    TooLong,
}

async fn read(mut body: Incoming) -> (Bytes, End) {
    let mut read = BytesMut::new();
    loop {
        match body.frame().await {
            None => return (read.freeze(), End::Whole),
            Some(Err(_)) => return (read.freeze(), End::Short),
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                if read.len() + data.len() > MAX_BODY {
                    return (read.freeze(), End::TooLong);
                }
                read.extend_from_slice(&data);
            }
        }
    }
}

fn answer_early(
    records: &Records,
    record: Record,
    method: &Method,
    code: u16,
    mut body: Incoming,
) -> Response<Recorded> {
    // Reading on keeps the close from turning into an RST that would overtake the answer.
    tokio::spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
    finish(records.begin(record), method, empty(code))
}

fn empty(code: u16) -> Response<Body> {
    canned(code, "text/plain", Bytes::new(), &[])
}

fn canned(code: u16, content_type: &str, body: Bytes, headers: &[(String, String)]) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let own = [(header::CONTENT_TYPE.as_str(), content_type)];
    let given = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in own.into_iter().chain(given) {
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => {
                answer.headers_mut().append(name, value);
            }
            (Ok(_) | Err(_), Ok(_) | Err(_)) => tracing::warn!(name, "a scripted header cannot be sent"),
        }
    }
    answer
}

fn finish(exchange: Exchange, method: &Method, answer: Response<Body>) -> Response<Recorded> {
    exchange.answered(answer.status().as_u16());
    let owed = owed(method, &answer);
    answer.map(|body| Recorded::new(body, exchange, owed))
}

/// Bytes that hyper will take from the body, where that is known beforehand.
fn owed(method: &Method, answer: &Response<Body>) -> Option<u64> {
    let bodyless = [
        StatusCode::SWITCHING_PROTOCOLS,
        StatusCode::NO_CONTENT,
        StatusCode::NOT_MODIFIED,
    ];
    if method == Method::HEAD || bodyless.contains(&answer.status()) {
        return Some(0);
    }
    let declared = answer
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    declared
        .and_then(|text| text.parse().ok())
        .or_else(|| answer.body().size_hint().exact())
}
