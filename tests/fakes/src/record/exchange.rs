//! The life of one exchange, from the request's arrival to the last byte of its answer.
//!
//! Invariant: dropping an exchange that is not settled notes that the client left.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use super::Records;

/// A request in work.
#[derive(Debug)]
pub(crate) struct Exchange {
    records: Records,
    sequence: usize,
    settled: bool,
}

impl Exchange {
    pub(super) fn new(records: Records, sequence: usize) -> Exchange {
        Exchange {
            records,
            sequence,
            settled: false,
        }
    }

    /// Notes the answer's status.
    pub(crate) fn answered(&self, status: u16) {
        self.records
            .update(self.sequence, |record| record.status = Some(status));
    }

    /// From here on, an end is the fake's doing and not the client's.
    pub(crate) fn settle(&mut self) {
        self.settled = true;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let left = !self.settled;
        self.records.update(self.sequence, |record| {
            record.ended = Some(Instant::now());
            record.client_left = left;
        });
    }
}

/// An answer's body that settles its exchange when all of it was taken.
#[derive(Debug)]
pub(crate) struct Recorded {
    inner: Body,
    exchange: Exchange,
    /// Bytes still owed, where the length is known: hyper does not poll past them.
    owed: Option<u64>,
}

impl Recorded {
    pub(crate) fn new(inner: Body, exchange: Exchange, owed: Option<u64>) -> Recorded {
        let mut recorded = Recorded {
            inner,
            exchange,
            owed,
        };
        recorded.settle_if_done();
        recorded
    }

    fn settle_if_done(&mut self) {
        if self.owed == Some(0) || self.inner.is_end_stream() {
            self.exchange.settle();
        }
    }
}

impl http_body::Body for Recorded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let taken = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.owed = self.owed.map(|owed| owed.saturating_sub(taken));
                self.settle_if_done();
            }
            // An error here is a scripted one.
            Poll::Ready(None | Some(Err(_))) => self.exchange.settle(),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
