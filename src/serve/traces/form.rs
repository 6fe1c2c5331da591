//! The JSON form of OTLP: ids in hexadecimal, times in nanoseconds and whole numbers as text.
//!
//! Source: the OpenTelemetry protocol, version 1, "OTLP/HTTP", and its semantic conventions for HTTP spans.

use serde_json::{Value, json};

use crate::config::word;
use crate::edge::{Attempt, Traced};

/// Kinds of spans.
const SERVER: u8 = 2;
const CLIENT: u8 = 3;
/// The status of a span that failed.
const ERROR: u8 = 2;

/// Who tells.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) instance: String,
    /// The wall clock at the edge's origin, in milliseconds since the Unix epoch.
    pub(super) origin_unix_ms: i64,
}

/// A span in the words of the protocol. Times are in microseconds of the edge's clock.
struct Span<'a> {
    trace: u128,
    id: u64,
    /// None where the trace begins with it.
    parent: Option<u64>,
    name: &'a str,
    kind: u8,
    time: (u64, u64),
    failed: bool,
    attributes: Vec<Value>,
}

impl Told {
    /// What is sent of these.
    pub(super) fn body(&self, batch: &[Traced]) -> Vec<u8> {
        let version = env!("CARGO_PKG_VERSION");
        let spans: Vec<_> = batch.iter().flat_map(|traced| self.spans(traced)).collect();
        let resource = [
            text("service.name", "potluck"),
            text("service.version", version),
            text("service.instance.id", &self.instance),
        ];
        let scope = json!({ "name": "potluck", "version": version });
        let body = json!({ "resourceSpans": [{
            "resource": { "attributes": resource },
            "scopeSpans": [{ "scope": scope, "spans": spans }],
        }] });
        body.to_string().into_bytes()
    }

    fn spans(&self, traced: &Traced) -> Vec<Value> {
        let attempts = traced.attempts.iter().filter(|attempt| attempt.to > 0);
        let attempts = attempts.map(|attempt| self.attempt(traced, attempt));
        std::iter::once(self.request(traced)).chain(attempts).collect()
    }

    fn request(&self, traced: &Traced) -> Value {
        let mut attributes = vec![
            text("http.request.method", traced.method.as_str()),
            text("url.path", &traced.path),
            text("potluck.request_id", &traced.request),
            number("potluck.queued_us", traced.queued),
            number("potluck.attempts", traced.attempts.len() as u64),
        ];
        attributes.extend(traced.status.map(|status| status_code(status.as_u16())));
        attributes.extend(
            traced
                .upstream
                .as_deref()
                .map(|name| text("potluck.upstream", name)),
        );
        attributes.extend(traced.own.map(|own| number("potluck.own_us", own)));
        attributes.extend(traced.code.map(|code| text("error.type", code.as_str())));
        self.told(&Span {
            trace: traced.trace,
            id: traced.id,
            parent: traced.parent,
            name: traced.method.as_str(),
            kind: SERVER,
            time: (traced.from, traced.to),
            failed: traced.status.is_none_or(|status| status.is_server_error()),
            attributes,
        })
    }

    fn attempt(&self, traced: &Traced, attempt: &Attempt) -> Value {
        let mut attributes = vec![text("http.request.method", traced.method.as_str())];
        attributes.extend(attempt.node.as_deref().map(|node| text("potluck.node", node)));
        attributes.extend(attempt.status.map(status_code));
        attributes.extend(
            attempt
                .outcome
                .map(|outcome| text("potluck.outcome", &word(outcome))),
        );
        self.told(&Span {
            trace: traced.trace,
            id: attempt.id,
            parent: Some(traced.id),
            name: "attempt",
            kind: CLIENT,
            time: (attempt.from, attempt.to),
            failed: attempt.status.is_none_or(|status| status >= 400),
            attributes,
        })
    }

    fn told(&self, span: &Span<'_>) -> Value {
        let (from, to) = span.time;
        json!({
            "traceId": format!("{:032x}", span.trace),
            "spanId": format!("{:016x}", span.id),
            "parentSpanId": span.parent.map(|id| format!("{id:016x}")).unwrap_or_default(),
            "name": span.name,
            "kind": span.kind,
            "startTimeUnixNano": self.nanos(from),
            "endTimeUnixNano": self.nanos(to),
            "attributes": span.attributes,
            "status": if span.failed { json!({ "code": ERROR }) } else { json!({}) },
        })
    }

    fn nanos(&self, micros: u64) -> String {
        let origin = i128::from(self.origin_unix_ms) * 1_000_000;
        (origin + i128::from(micros) * 1_000).to_string()
    }
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn number(key: &str, value: u64) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

fn status_code(status: u16) -> Value {
    number("http.response.status_code", status.into())
}
