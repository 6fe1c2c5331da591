//! Head and body of a request leave in one write where the body is short and at hand.
//!
//! Pingora flushes a head as soon as it is written, which makes two packets, two system calls and two wake-ups
//! of the upstream out of nearly every request. Here the head waits for the body that is about to follow.
//! Invariant: what is held goes out before anything else does, and nothing is held between two requests.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Buf as _, BytesMut};
use pingora::protocols::http::client::HttpSession;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::tls::{SslDigest, TlsRef};
use pingora::protocols::{
    ALPN, GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl, Stream,
    TimingDigest, UniqueID, UniqueIDType,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Longest body that is copied behind its head, in bytes: up to here a copy costs less than a packet.
const LONGEST: usize = 16 * 1024;

/// Lets the head that is written next wait for the body of so many bytes that follows at once.
pub(super) fn await_body(session: &HttpSession, bytes: usize) {
    let stream = match session {
        HttpSession::H1(h1) if bytes <= LONGEST => (**h1.stream()).as_any().downcast_ref::<Together>(),
        // Frames of one connection are joined by the connection.
        HttpSession::H1(_) | HttpSession::H2(_) | HttpSession::Custom(()) => None,
    };
    if let Some(stream) = stream {
        // Relaxed: session and stream have one owner, who goes on to write; it is atomic only because the
        // session shows its stream, but does not lend it out.
        stream.awaits.store(bytes, Ordering::Relaxed);
    }
}

/// A connection that can hold a head back.
#[derive(Debug)]
pub(super) struct Together {
    stream: Stream,
    /// Bytes of the body that is to follow the next head; 0: it goes out by itself.
    awaits: AtomicUsize,
    held: BytesMut,
}

impl Together {
    pub(super) fn over(stream: Stream) -> Stream {
        Box::new(Self {
            stream,
            awaits: AtomicUsize::new(0),
            held: BytesMut::new(),
        })
    }

    /// Keeps these bytes, if they are a head that is to wait or the body that it waits for.
    fn holds(&mut self, bytes: &[u8]) -> bool {
        let awaits = *self.awaits.get_mut();
        if awaits > 0 && self.held.is_empty() {
            self.held.reserve(bytes.len() + awaits);
        }
        let fits = !bytes.is_empty() && bytes.len() <= self.held.capacity() - self.held.len();
        if fits {
            self.held.extend_from_slice(bytes);
        }
        fits
    }

    /// Sends what is held.
    fn poll_let_go(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.held))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.held.advance(written);
        }
        // Idle connections keep no memory.
        self.held = BytesMut::new();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Together {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.holds(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(self.poll_let_go(cx))?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if std::mem::take(self.awaits.get_mut()) > 0 {
            // The head's own flush.
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_let_go(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncRead for Together {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

#[async_trait]
impl Shutdown for Together {
    async fn shutdown(&mut self) {
        self.stream.shutdown().await;
    }
}

#[async_trait]
impl Peek for Together {
    async fn try_peek(&mut self, into: &mut [u8]) -> io::Result<bool> {
        self.stream.try_peek(into).await
    }
}

impl UniqueID for Together {
    fn id(&self) -> UniqueIDType {
        self.stream.id()
    }
}

impl Ssl for Together {
    fn get_ssl(&self) -> Option<&TlsRef> {
        self.stream.get_ssl()
    }

    fn get_ssl_digest(&self) -> Option<Arc<SslDigest>> {
        self.stream.get_ssl_digest()
    }

    fn selected_alpn_proto(&self) -> Option<ALPN> {
        self.stream.selected_alpn_proto()
    }
}

impl GetTimingDigest for Together {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        self.stream.get_timing_digest()
    }

    fn get_read_pending_time(&self) -> Duration {
        self.stream.get_read_pending_time()
    }

    fn get_write_pending_time(&self) -> Duration {
        self.stream.get_write_pending_time()
    }
}

impl GetProxyDigest for Together {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        self.stream.get_proxy_digest()
    }

    fn set_proxy_digest(&mut self, digest: ProxyDigest) {
        self.stream.set_proxy_digest(digest);
    }
}

impl GetSocketDigest for Together {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        self.stream.get_socket_digest()
    }

    fn set_socket_digest(&mut self, digest: SocketDigest) {
        self.stream.set_socket_digest(digest);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use pingora::http::RequestHeader;
    use pingora::protocols::http::v1::client::HttpSession as H1;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    /// A connection that awaits so many bytes of body, and its other end.
    fn connection(awaits: usize, room: usize) -> (Together, DuplexStream) {
        let (near, far) = tokio::io::duplex(room);
        let near = Together {
            stream: Box::new(near),
            awaits: AtomicUsize::new(awaits),
            held: BytesMut::new(),
        };
        (near, far)
    }

    /// What has come out so far.
    fn came(far: &mut DuplexStream) -> Vec<u8> {
        let mut into = vec![0; 4096];
        let read = far.read(&mut into).now_or_never();
        into.truncate(read.map_or(0, Result::unwrap));
        into
    }

    async fn send(near: &mut Together, bytes: &[u8]) {
        near.write_all(bytes).await.unwrap();
        near.flush().await.unwrap();
    }

    #[tokio::test]
    async fn a_head_waits_for_its_body() {
        let (mut near, mut far) = connection(4, 4096);
        send(&mut near, b"head ").await;
        assert_eq!(came(&mut far), b"");
        send(&mut near, b"body").await;
        assert_eq!(came(&mut far), b"head body");
        assert_eq!(near.held.capacity(), 0, "an idle connection keeps nothing");
        send(&mut near, b"next").await;
        assert_eq!(came(&mut far), b"next", "only what is told to wait does");
    }

    #[tokio::test]
    async fn more_than_was_announced_comes_after_what_is_held() {
        let (mut near, mut far) = connection(2, 4096);
        send(&mut near, b"head ").await;
        near.write_all(&[b'x'; 1000]).await.unwrap();
        let out = came(&mut far);
        assert_eq!((out.len(), &out[..6]), (1005, &b"head x"[..]));
    }

    #[tokio::test]
    async fn what_is_held_goes_out_piece_by_piece_where_the_peer_reads_slowly() {
        let (mut near, mut far) = connection(4, 3);
        send(&mut near, b"head ").await;
        near.write_all(b"body").await.unwrap();
        let mut out = Vec::new();
        while near.flush().now_or_never().is_none() {
            out.extend(came(&mut far));
        }
        out.extend(came(&mut far));
        assert_eq!(out, b"head body");
    }

    #[tokio::test]
    async fn a_session_is_told_anew_for_each_request() {
        let (near, mut far) = connection(0, 4096);
        let mut session = HttpSession::H1(H1::new(Box::new(near)));
        for waits in [true, false, true] {
            if waits {
                await_body(&session, 4);
            }
            let mut head = RequestHeader::build("POST", b"/", None).unwrap();
            head.insert_header("content-length", 4).unwrap();
            session.write_request_header(Box::new(head)).await.unwrap();
            assert_eq!(came(&mut far).is_empty(), waits);
            session.write_request_body("body".into(), true).await.unwrap();
            assert!(came(&mut far).ends_with(b"body"));
            let HttpSession::H1(h1) = session else {
                unreachable!()
            };
            session = HttpSession::H1(H1::new(h1.into_inner()));
        }
    }
}
