//! The node's plain HTTP paths.

use std::convert::Infallible;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Site;
use crate::record::sha256_hex;
use crate::sse;

/// The largest body that `/api/big` sends, in bytes.
const MOST_BYTES: usize = 1 << 30;
/// The most events or chunks of one answer.
const MOST_EVENTS: usize = 100_000;
/// Size of the pieces of a large body, in bytes.
const PIECE: usize = 64 << 10;

pub(super) async fn health(State(site): State<Site>) -> Response {
    let healthy = site.healthy.load(Ordering::Acquire);
    let (code, status) = match healthy {
        true => (StatusCode::OK, "ok"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy"),
    };
    let gpus = json!([{"name": "Fake GPU", "memory_total_mb": 24_576, "memory_used_mb": 1024}]);
    let body =
        json!({"status": status, "healthy": healthy, "node": &*site.name, "queue_depth": 0, "gpus": gpus});
    (code, Json(body)).into_response()
}

/// What arrived, as JSON.
pub(super) async fn echo(
    State(site): State<Site>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    site.pace.work().await;
    let shown = |(name, value): (&HeaderName, &HeaderValue)| {
        json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())])
    };
    Json(json!({
        "node": &*site.name, "method": method.as_str(), "path": uri.path(), "query": uri.query(),
        "headers": headers.iter().map(shown).collect::<Vec<_>>(),
        "body_bytes": body.len(), "body_sha256": sha256_hex(&body),
    }))
}

/// How much to send.
#[derive(Deserialize)]
pub(super) struct Amount {
    events: Option<usize>,
    bytes: Option<usize>,
}

impl Amount {
    fn events(&self) -> usize {
        self.events.unwrap_or(5).min(MOST_EVENTS)
    }

    fn bytes(&self, default: usize) -> usize {
        self.bytes.unwrap_or(default).min(MOST_BYTES)
    }
}

/// `?events=N` numbered events, then one named `done`.
pub(super) async fn stream(State(site): State<Site>, Query(amount): Query<Amount>) -> Response {
    site.pace.work().await;
    let count = amount.events();
    let event = |index| sse::data(&json!({"node": &*site.name, "index": index}));
    let mut events: Vec<Bytes> = (0..count).map(event).collect();
    events.push(sse::named("done", &json!({"events": count})));
    sse::answer(site.pace.clone(), events).into_response()
}

/// `?events=N` chunks of `?bytes=M` bytes, without a length.
pub(super) async fn chunked(State(site): State<Site>, Query(amount): Query<Amount>) -> Response {
    site.pace.work().await;
    let chunk = pattern(0, amount.bytes(1024).min(PIECE));
    let chunks = vec![chunk; amount.events()];
    (
        [(header::CONTENT_TYPE, "application/octet-stream")],
        sse::paced(site.pace, chunks),
    )
        .into_response()
}

/// A body with a trailer `x-checksum` after it: its SHA-256.
pub(super) async fn trailers() -> Response {
    let data = pattern(0, 1000);
    let mut after = HeaderMap::new();
    if let Ok(sum) = HeaderValue::from_str(&sha256_hex(&data)) {
        after.insert("x-checksum", sum);
    }
    let frames = [Frame::data(data), Frame::trailers(after)].map(Ok::<_, Infallible>);
    let body = Body::new(StreamBody::new(stream::iter(frames)));
    ([(header::TRAILER, "x-checksum")], body).into_response()
}

/// `?bytes=N` bytes with their length; a byte is its offset modulo 251.
pub(super) async fn big(State(site): State<Site>, Query(amount): Query<Amount>) -> Response {
    site.pace.work().await;
    let total = amount.bytes(1 << 20);
    let pieces = (0..total)
        .step_by(PIECE)
        .map(move |from| Ok::<_, Infallible>(pattern(from, PIECE.min(total - from))));
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, total.to_string()),
    ];
    (headers, Body::from_stream(stream::iter(pieces))).into_response()
}

/// Answers with the status that the path names.
pub(super) async fn status(State(site): State<Site>, Path(code): Path<u16>) -> Response {
    site.pace.work().await;
    let status = StatusCode::from_u16(code)
        .ok()
        .filter(|status| !status.is_informational());
    match status {
        Some(status) if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED => {
            status.into_response()
        }
        Some(status) => (status, Json(json!({"node": &*site.name, "status": code}))).into_response(),
        None => (StatusCode::BAD_REQUEST, "no final status code\n").into_response(),
    }
}

pub(super) async fn unknown(uri: Uri) -> Response {
    (
        StatusCode::NOT_FOUND,
        Json(json!({"error": "not found", "path": uri.path()})),
    )
        .into_response()
}

/// Bytes `from..from + length` of an endless pattern.
pub(super) fn pattern(from: usize, length: usize) -> Bytes {
    // 251 is prime, so that a shifted or repeated block shows.
    (from..from + length)
        .map(|offset| u8::try_from(offset % 251).unwrap_or_default())
        .collect()
}
