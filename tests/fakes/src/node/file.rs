//! `/api/file`: 256 KiB with an entity tag and single byte ranges (RFC 9110 §14).

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::paths::pattern;

/// Size of the file, in bytes.
pub(super) const SIZE: usize = 256 << 10;
const TAG: &str = "\"fake-file-1\"";

pub(super) async fn serve(headers: HeaderMap) -> Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_NONE_MATCH) == Some(TAG) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, TAG)]).into_response();
    }
    let current = text(header::IF_RANGE).is_none_or(|tag| tag == TAG);
    match text(header::RANGE).filter(|_| current).map(Range::parse) {
        None | Some(Range::Ignored) => answer(StatusCode::OK, 0, SIZE, None),
        Some(Range::Span { from, length }) => {
            let shown = format!("bytes {from}-{}/{SIZE}", from + length - 1);
            answer(StatusCode::PARTIAL_CONTENT, from, length, Some(shown))
        }
        Some(Range::Outside) => {
            let shown = [(header::CONTENT_RANGE, format!("bytes */{SIZE}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, shown).into_response()
        }
    }
}

fn answer(status: StatusCode, from: usize, length: usize, range: Option<String>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::ETAG, TAG),
        (header::ACCEPT_RANGES, "bytes"),
    ];
    let range = range.map(|range| [(header::CONTENT_RANGE, range)]);
    match range {
        Some(range) => (status, headers, range, pattern(from, length)).into_response(),
        None => (status, headers, pattern(from, length)).into_response(),
    }
}

#[derive(Debug, PartialEq)]
enum Range {
    /// Not one range of bytes: the whole file is sent.
    Ignored,
    /// At least one byte.
    Span {
        from: usize,
        length: usize,
    },
    Outside,
}

impl Range {
    fn parse(text: &str) -> Range {
        let Some((from, to)) = text.strip_prefix("bytes=").and_then(|span| span.split_once('-')) else {
            return Range::Ignored;
        };
        let (from, to) = match (from.parse::<usize>(), to.parse::<usize>()) {
            (Ok(from), Ok(to)) if from <= to => (from, to),
            (Ok(from), Err(_)) if to.is_empty() => (from, SIZE - 1),
            (Err(_), Ok(0)) if from.is_empty() => return Range::Outside,
            (Err(_), Ok(last)) if from.is_empty() => (SIZE.saturating_sub(last), SIZE - 1),
            (Ok(_) | Err(_), Ok(_) | Err(_)) => return Range::Ignored,
        };
        match from < SIZE {
            true => Range::Span {
                from,
                length: to.min(SIZE - 1) - from + 1,
            },
            false => Range::Outside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let span = |from, length| Range::Span { from, length };
        let cases = [
            ("bytes=0-9", span(0, 10)),
            ("bytes=100-", span(100, SIZE - 100)),
            ("bytes=-5", span(SIZE - 5, 5)),
            ("bytes=0-999999999", span(0, SIZE)),
            ("bytes=-999999999", span(0, SIZE)),
            ("bytes=262144-", Range::Outside),
            ("bytes=-0", Range::Outside),
            ("bytes=9-0", Range::Ignored),
            ("bytes=0-1,5-6", Range::Ignored),
            ("lines=0-1", Range::Ignored),
            ("bytes=x-y", Range::Ignored),
        ];
        for (text, expected) in cases {
            assert_eq!(Range::parse(text), expected, "{text}");
        }
    }
}
