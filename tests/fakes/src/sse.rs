//! Server-sent events: their wire form, and an answer that sends them at the fake's pace.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;

use crate::pace::Pace;

/// An event of data only.
pub(crate) fn data(data: &Value) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

/// An event with a name.
pub(crate) fn named(name: &str, data: &Value) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

/// The answer that sends these chunks, each when the pace lets it go.
pub(crate) fn answer(pace: Pace, events: Vec<Bytes>) -> Response<Body> {
    let mut answer = Response::new(paced(pace, events));
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer
}

/// A body without a known length, in exactly these pieces.
pub(crate) fn paced(pace: Pace, pieces: Vec<Bytes>) -> Body {
    Body::from_stream(stream::unfold(
        (pace, pieces.into_iter()),
        |(pace, mut pieces)| async move {
            let piece = pieces.next()?;
            pace.event().await;
            Some((Ok::<_, Infallible>(piece), (pace, pieces)))
        },
    ))
}
