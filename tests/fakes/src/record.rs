//! What a fake received, in order of arrival, for tests to assert on.
//!
//! Invariant: a record is visible as soon as its request was read, before the handler starts; its end is filled in
//! when the last byte of the answer was taken, or when the exchange was dropped.

mod exchange;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Version, header};
use bytes::Bytes;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

pub(crate) use exchange::{Exchange, Recorded};

/// One request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Record {
    /// Number of this request at this fake, from 0.
    pub sequence: usize,
    /// Number of the TCP connection that it came over, from 0.
    pub connection: usize,
    /// The method.
    pub method: Method,
    /// Path and query exactly as sent, with its escapes.
    pub target: String,
    /// HTTP/1.1 or HTTP/2.
    pub version: Version,
    /// All headers, names in lower case, in order. A value that is not UTF-8 is shown lossily.
    pub headers: Vec<(String, String)>,
    /// The bearer token or `x-api-key`; empty when there is none.
    pub credential: String,
    /// The body, without its transfer coding.
    pub body: Bytes,
    /// False if the client left, or the fake answered, before the body's end.
    pub body_complete: bool,
    /// When the handler started.
    pub started: Instant,
    /// When the last byte of the answer was handed over, or the exchange was given up.
    pub ended: Option<Instant>,
    /// Status of the answer, once there is one.
    pub status: Option<u16>,
    /// True if the connection (or the h2 stream) went away before the answer's end.
    pub client_left: bool,
}

impl Record {
    pub(crate) fn arrived(parts: &Parts, connection: usize, now: Instant) -> Record {
        Record {
            sequence: 0,
            connection,
            method: parts.method.clone(),
            target: parts
                .uri
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            version: parts.version,
            headers: pairs(&parts.headers),
            credential: credential(&parts.headers),
            body: Bytes::new(),
            body_complete: false,
            started: now,
            ended: None,
            status: None,
            client_left: false,
        }
    }

    /// The first value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The path as sent, without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// SHA-256 of the body, in lower-case hex.
    pub fn body_sha256(&self) -> String {
        sha256_hex(&self.body)
    }
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The credential that a request shows: its bearer token, else `x-api-key`, else nothing.
pub fn credential(headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION).and_then(|value| match value.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer ") => Some(token.trim()),
        Some(_) | None => None,
    });
    bearer
        .or_else(|| text(header::HeaderName::from_static("x-api-key")))
        .unwrap_or_default()
        .to_owned()
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let lossy = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), lossy(value)))
        .collect()
}

/// The records of one fake. Cheap to clone; clones see the same records.
#[derive(Clone, Debug)]
pub struct Records {
    log: Arc<Mutex<Log>>,
    /// Counts changes; waiting tests look again at each.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct Log {
    kept: VecDeque<Record>,
    keep: usize,
    /// Sequence number of the next request.
    next: usize,
}

impl Default for Records {
    fn default() -> Self {
        Records::new()
    }
}

impl Records {
    /// Keeps every request, bodies too.
    pub fn new() -> Records {
        Records::keeping(usize::MAX)
    }

    /// Keeps the last `keep` requests only, for fakes that run for long.
    pub fn keeping(keep: usize) -> Records {
        let log = Log {
            kept: VecDeque::new(),
            keep,
            next: 0,
        };
        Records {
            log: Arc::new(Mutex::new(log)),
            changes: watch::Sender::new(0),
        }
    }

    /// All kept requests in order of arrival.
    pub fn all(&self) -> Vec<Record> {
        self.log.lock().kept.iter().cloned().collect()
    }

    /// Requests that showed this credential, in order.
    pub fn of(&self, credential: &str) -> Vec<Record> {
        self.log
            .lock()
            .kept
            .iter()
            .filter(|record| record.credential == credential)
            .cloned()
            .collect()
    }

    /// How many requests have arrived since the start, forgotten ones too.
    pub fn count(&self) -> usize {
        self.log.lock().next
    }

    /// Forgets what was kept. Sequence numbers go on.
    pub fn clear(&self) {
        self.log.lock().kept.clear();
    }

    /// Waits until at least `count` requests are kept, and returns them.
    pub async fn wait_for(&self, count: usize) -> Vec<Record> {
        self.wait_until(|records| records.len() >= count).await
    }

    /// Waits until at least `count` kept requests have ended.
    pub async fn wait_ended(&self, count: usize) -> Vec<Record> {
        self.wait_until(|records| records.iter().filter(|record| record.ended.is_some()).count() >= count)
            .await
    }

    /// Waits until the kept requests satisfy `enough`.
    pub async fn wait_until(&self, enough: impl Fn(&[Record]) -> bool) -> Vec<Record> {
        let mut changes = self.changes.subscribe();
        loop {
            changes.borrow_and_update();
            let records = self.all();
            // The sender lives in `self`, so `changed` cannot fail.
            if enough(&records) || changes.changed().await.is_err() {
                return records;
            }
        }
    }

    /// The largest number of this credential's requests that were in work at one time. Two that touch (one ends at
    /// the very moment that the next starts) do not overlap.
    pub fn max_overlap(&self, credential: &str) -> usize {
        let spans: Vec<_> = self
            .of(credential)
            .iter()
            .map(|record| (record.started, record.ended))
            .collect();
        let busy_at = |moment: Instant| {
            spans
                .iter()
                .filter(|(from, to)| *from <= moment && to.is_none_or(|to| moment < to))
                .count()
        };
        spans.iter().map(|(from, _)| busy_at(*from)).max().unwrap_or(0)
    }

    /// Notes a request. The exchange that is returned notes its end.
    pub(crate) fn begin(&self, mut record: Record) -> Exchange {
        let sequence = {
            let mut log = self.log.lock();
            record.sequence = log.next;
            log.next += 1;
            log.kept.push_back(record);
            if log.kept.len() > log.keep {
                log.kept.pop_front();
            }
            log.next - 1
        };
        self.changed();
        Exchange::new(self.clone(), sequence)
    }

    fn update(&self, sequence: usize, change: impl FnOnce(&mut Record)) {
        let mut log = self.log.lock();
        // Kept in order of sequence, so the search is a binary one.
        if let Ok(index) = log.kept.binary_search_by_key(&sequence, |record| record.sequence)
            && let Some(record) = log.kept.get_mut(index)
        {
            change(record);
        }
        drop(log);
        self.changed();
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}

#[cfg(test)]
mod tests;
