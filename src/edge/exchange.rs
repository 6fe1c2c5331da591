//! An upstream that has answered: its head is read, its body is read piece by piece to a known end.
//!
//! Invariant: an answer that broke off never looks whole. Pingora's sessions count as done after an
//! error, too, so the error is kept here until somebody has seen it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderMap;
use pingora::connectors::http::Connector;
use pingora::http::ResponseHeader;
use pingora::protocols::Stream;
use pingora::protocols::http::client::HttpSession;
use pingora::{Error, ErrorType};
use potluck_filters::model::PoolCredential;
use potluck_filters::time::Moment;

use super::peer::Peer;
use crate::clock::Clock;

/// What of an unwanted body is read to keep its connection, in bytes.
const DRAINED: usize = 64 * 1024;

/// Longest body of an error that passes, in bytes: all of it is searched for the pool key.
pub(super) const BLOTTED: usize = 64 * 1024;

/// When an answer must have come, and how long a pause in it may be.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    pub(super) clock: Clock,
    pub(super) idle: Duration,
    /// The end of the whole request.
    pub(super) deadline: Moment,
}

impl Pace {
    /// What is left of the request's time.
    pub(super) fn left(&self) -> Duration {
        self.deadline.since(self.clock.now())
    }
}

/// How the answer was asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// On a connection that had carried earlier requests.
    pub(super) reused: bool,
    /// All of the request's body was sent: only then may the connection be used again.
    pub(super) sent: bool,
    /// By `HEAD`: there is no body whatever the answer's head says.
    pub(super) bodiless: bool,
}

/// An answer.
pub(super) struct Exchange {
    /// Boxed, since it is large and every future on the way holds it.
    session: Box<HttpSession>,
    peer: Arc<Peer>,
    pace: Pace,
    pub(super) reused: bool,
    sent: bool,
    bodiless: bool,
    /// Read before it was asked for.
    ahead: VecDeque<Bytes>,
    broken: Option<Box<Error>>,
}

impl Exchange {
    pub(super) fn new(session: Box<HttpSession>, peer: Arc<Peer>, pace: Pace, asked: Asked) -> Self {
        let Asked {
            reused,
            sent,
            bodiless,
        } = asked;
        Self {
            session,
            peer,
            pace,
            reused,
            sent,
            bodiless,
            ahead: VecDeque::new(),
            broken: None,
        }
    }

    pub(super) fn head(&self) -> Option<&ResponseHeader> {
        self.session.response_header()
    }

    /// Whether it is an error.
    pub(super) fn is_error(&self) -> bool {
        self.head().is_some_and(|head| head.status.as_u16() >= 400)
    }

    /// Whether all of the body was handed out.
    pub(super) fn is_done(&mut self) -> bool {
        self.ahead.is_empty() && self.broken.is_none() && self.all_read()
    }

    fn all_read(&mut self) -> bool {
        if self.bodiless {
            return true;
        }
        match &mut *self.session {
            HttpSession::H1(h1) => h1.is_body_done(),
            HttpSession::H2(h2) => h2.check_response_end_or_error().unwrap_or_else(|error| {
                self.broken = Some(error);
                false
            }),
            HttpSession::Custom(()) => true,
        }
    }

    /// Whether it broke off, and nobody was told yet.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Whether a piece can be had without waiting.
    pub(super) fn at_hand(&mut self) -> bool {
        if self.ahead.is_empty() && !self.is_done() && self.broken.is_none() {
            match self.read().now_or_never() {
                Some(Ok(Some(piece))) => self.ahead.push_back(piece),
                Some(Err(error)) => self.broken = Some(error),
                Some(Ok(None)) | None => {}
            }
        }
        !self.ahead.is_empty()
    }

    /// The next piece; `None` at the end. May be interrupted and called again.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Box<Error>> {
        if let Some(piece) = self.ahead.pop_front() {
            return Ok(Some(piece));
        }
        if self.broken.is_none() && self.all_read() {
            return Ok(None);
        }
        // Asking for the end may have met the break, and an h2 session tells of it only once.
        match self.broken.take() {
            Some(error) => Err(error),
            None => self.read().await,
        }
    }

    async fn read(&mut self) -> Result<Option<Bytes>, Box<Error>> {
        loop {
            let left = self.pace.left();
            if left.is_zero() {
                return Error::e_explain(ErrorType::ReadTimedout, "the request's time is up");
            }
            self.session.set_read_timeout(Some(self.pace.idle.min(left)));
            match self.session.read_response_body().await? {
                // h2 frames may be empty.
                Some(piece) if piece.is_empty() => {}
                piece => return Ok(piece),
            }
        }
    }

    /// The beginning of the body, up to `most` bytes and the piece that goes over; it stays to be read.
    pub(super) async fn peek(&mut self, most: usize) -> Vec<u8> {
        let mut length = 0;
        while length < most && self.broken.is_none() && !self.all_read() {
            match self.read().await {
                Ok(Some(piece)) => {
                    length += piece.len();
                    self.ahead.push_back(piece);
                }
                Ok(None) => break,
                Err(error) => self.broken = Some(error),
            }
        }
        self.ahead
            .iter()
            .flat_map(|piece| piece.iter().copied())
            .take(most)
            .collect()
    }

    /// Blots a pool key out of an error's body, which some upstreams put there. `false` where the body
    /// is longer than can be looked through.
    pub(super) async fn blot_out(&mut self, key: &PoolCredential) -> bool {
        let looked_at = self.peek(BLOTTED + 1).await;
        if looked_at.len() > BLOTTED {
            return false;
        }
        if key.is_in(&looked_at) {
            let mut body = looked_at;
            key.blot_out(&mut body);
            self.ahead = VecDeque::from([Bytes::from(body)]);
        }
        true
    }

    /// What follows the body of an h2 answer. Only after its end.
    pub(super) async fn trailers(&mut self) -> Option<Box<HeaderMap>> {
        match &mut *self.session {
            HttpSession::H2(h2) if !self.bodiless => h2.read_trailers().await.ok().flatten().map(Box::new),
            HttpSession::H1(_) | HttpSession::H2(_) | HttpSession::Custom(()) => None,
        }
    }

    /// The connection, for a conversation in place of a body, and what was read of it already; `None` where it
    /// carries others, too.
    pub(super) fn into_connection(mut self) -> Option<(Stream, VecDeque<Bytes>)> {
        let HttpSession::H1(mut h1) = *self.session else {
            return None;
        };
        h1.read_timeout = None;
        // What came together with the head lies in the session, and is there without waiting.
        if let Some(Ok(Some(piece))) = h1.read_body_bytes().now_or_never() {
            self.ahead.push_back(piece);
        }
        Some((h1.into_inner(), self.ahead))
    }

    /// Gives the connection back to the pool if it can serve again.
    pub(super) async fn finish(mut self, connector: &Connector) {
        self.drain();
        let ended = self.sent && self.broken.is_none() && self.all_read();
        match &mut *self.session {
            HttpSession::H1(_) if ended => {}
            HttpSession::H1(h1) => return h1.shutdown().await,
            // Only this stream ends; the connection carries others.
            HttpSession::H2(h2) if !ended => h2.shutdown(),
            HttpSession::H2(_) | HttpSession::Custom(()) => {}
        }
        let now = self.pace.clock.now();
        self.peer.release(self.session, connector, now).await;
    }

    /// Reads what is there of a small body that nobody wants.
    fn drain(&mut self) {
        let mut length: usize = self.ahead.drain(..).map(|piece| piece.len()).sum();
        while length < DRAINED && self.at_hand() {
            length += self.ahead.drain(..).map(|piece| piece.len()).sum::<usize>();
        }
    }
}
