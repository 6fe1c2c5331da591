//! Where a node is connected to, with the connections there that wait for their next request.
//!
//! Pingora watches each idle connection with a task of its own, which is begun and ended with every request; here
//! they lie by and are looked at when they are wanted. Invariants: a connection goes back to the peer that it was
//! made for, and to no other; nothing is sent on one that has ended, lain too long, or been spoken on out of turn.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use parking_lot::Mutex;
use pingora::Error;
use pingora::connectors::http::Connector;
use pingora::listeners::ALPN;
use pingora::protocols::Stream;
use pingora::protocols::http::client::HttpSession;
use pingora::protocols::http::v1::client::HttpSession as H1;
use pingora::upstreams::peer::HttpPeer;
use potluck_filters::time::Moment;
use tokio::io::AsyncReadExt as _;

use super::together::Together;

/// How long an idle connection is kept; below what common origins keep theirs.
pub(super) const IDLE: Duration = Duration::from_secs(55);
/// Idle connections to one peer; beyond, the one that has lain longest goes.
const MOST_IDLE: usize = 1024;
/// Connections that one request closes at most, having found them over: an upstream that starts anew ends all at once.
const MOST_CLOSED: usize = 8;

/// One address of a node, or the way to the node through one address of a proxy.
pub(super) struct Peer {
    pub(super) http: HttpPeer,
    /// HTTP/1 only: those of h2 are Pingora's, which shares them. The one used last is at the back.
    idle: Mutex<VecDeque<Idle>>,
}

struct Idle {
    stream: Stream,
    since: Moment,
}

impl Peer {
    pub(super) fn new(http: HttpPeer) -> Arc<Self> {
        let idle = Mutex::default();
        Arc::new(Self { http, idle })
    }

    /// A session, and whether its connection had carried earlier requests. For an `upgrade` it is one of HTTP/1.
    ///
    /// # Errors
    /// When no connection could be made.
    pub(super) async fn session(
        &self,
        connector: &Connector,
        upgrade: bool,
        now: Moment,
    ) -> Result<(Box<HttpSession>, bool), Box<Error>> {
        if let Some(stream) = self.take(now) {
            return Ok((self.h1(stream), true));
        }
        // Off the usual way, so its future is not part of every request's.
        let (session, reused) = Box::pin(self.connect(connector, upgrade)).await?;
        let session = match session {
            HttpSession::H1(h1) => self.h1(Together::over(h1.into_inner())),
            HttpSession::H2(_) | HttpSession::Custom(()) => Box::new(session),
        };
        Ok((session, reused))
    }

    async fn connect(&self, connector: &Connector, upgrade: bool) -> Result<(HttpSession, bool), Box<Error>> {
        if !upgrade {
            return connector.get_http_session(&self.http).await;
        }
        let mut peer = self.http.clone();
        peer.options.alpn = ALPN::H1;
        connector.get_http_session(&peer).await
    }

    fn h1(&self, stream: Stream) -> Box<HttpSession> {
        Box::new(HttpSession::H1(H1::new_with_options(stream, &self.http)))
    }

    /// Takes a session back whose request and answer are over; it is kept where it can serve again.
    pub(super) async fn release(&self, mut session: Box<HttpSession>, connector: &Connector, now: Moment) {
        match &mut *session {
            HttpSession::H1(h1) => h1.respect_keepalive(),
            HttpSession::H2(_) | HttpSession::Custom(()) => {}
        }
        match *session {
            HttpSession::H1(h1) => {
                if let Some(stream) = h1.reuse().await {
                    drop(self.put(stream, now));
                }
            }
            session @ (HttpSession::H2(_) | HttpSession::Custom(())) => {
                connector
                    .release_http_session(session, &self.http, Some(IDLE))
                    .await;
            }
        }
    }

    /// The connection used last that can serve again.
    fn take(&self, now: Moment) -> Option<Stream> {
        for _ in 0..MOST_CLOSED {
            // The lock is let go before a connection is closed.
            let last = self.idle.lock().pop_back();
            let mut last = last?;
            if last.can_serve(now) {
                return Some(last.stream);
            }
        }
        None
    }

    /// Keeps a connection. One that has to make room is returned, to be closed without the lock.
    fn put(&self, stream: Stream, since: Moment) -> Option<Idle> {
        let mut idle = self.idle.lock();
        let oldest = if idle.len() < MOST_IDLE {
            None
        } else {
            idle.pop_front()
        };
        idle.push_back(Idle { stream, since });
        oldest
    }

    /// Closes what will not serve again. Called from time to time.
    pub(super) fn tidy(&self, now: Moment) {
        let mut idle = self.idle.lock();
        let mut over = Vec::new();
        for mut one in std::mem::take(&mut *idle) {
            if one.can_serve(now) {
                idle.push_back(one);
            } else {
                over.push(one);
            }
        }
        // The lock is let go before connections are closed.
        drop(idle);
        drop(over);
    }
}

impl Idle {
    /// Whether nothing was heard of it: who ends a connection says so, and nobody else speaks unasked.
    fn can_serve(&mut self, now: Moment) -> bool {
        let mut heard = [0; 1];
        let hears = tokio::task::unconstrained(self.stream.read(&mut heard));
        now.since(self.since) < IDLE && hears.now_or_never().is_none()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt as _, DuplexStream};

    use super::*;

    fn peer() -> Arc<Peer> {
        Peer::new(HttpPeer::new(("127.0.0.1", 1), false, String::new()))
    }

    const fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1000)
    }

    /// Puts a connection there, and gives its other end.
    fn lay_by(peer: &Peer, since: Moment) -> DuplexStream {
        let (near, far) = tokio::io::duplex(64);
        drop(peer.put(Together::over(Box::new(near)), since));
        far
    }

    #[tokio::test]
    async fn the_connection_used_last_is_taken_first() {
        let peer = peer();
        let (_first, mut second) = (lay_by(&peer, at(0)), lay_by(&peer, at(1)));
        let mut taken = peer.take(at(2)).unwrap();
        taken.write_all(b"x").await.unwrap();
        assert_eq!(second.read_u8().await.unwrap(), b'x');
        assert!(peer.take(at(2)).is_some());
        assert!(peer.take(at(2)).is_none());
    }

    #[tokio::test]
    async fn what_has_ended_spoken_or_lain_too_long_is_not_taken() {
        let peer = peer();
        let old = lay_by(&peer, at(0));
        let mut spoken = lay_by(&peer, at(50));
        spoken.write_all(b"?").await.unwrap();
        drop(lay_by(&peer, at(50)));
        assert!(peer.take(at(55)).is_none());
        drop(old);
    }

    #[tokio::test]
    async fn one_request_does_not_clear_up_after_all() {
        let peer = peer();
        for _ in 0..MOST_CLOSED + 2 {
            drop(lay_by(&peer, at(0)));
        }
        assert!(peer.take(at(1)).is_none());
        assert_eq!(peer.idle.lock().len(), 2);
    }

    #[tokio::test]
    async fn only_so_many_lie_by_and_what_is_over_is_closed() {
        let peer = peer();
        let mut far: Vec<_> = (0..=MOST_IDLE).map(|_| lay_by(&peer, at(0))).collect();
        assert_eq!(peer.idle.lock().len(), MOST_IDLE);
        assert_eq!(far[0].read(&mut [0]).await.unwrap(), 0, "the oldest made room");
        far.truncate(3);
        peer.tidy(at(1));
        assert_eq!(peer.idle.lock().len(), 2, "the others have ended");
        peer.tidy(at(60));
        assert_eq!(peer.idle.lock().len(), 0);
        assert_eq!(far[2].read(&mut [0]).await.unwrap(), 0);
    }
}
