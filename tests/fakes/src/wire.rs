//! A server-side TCP connection that can be broken from outside while hyper owns it.
//!
//! Invariant: after `Control::reset` no further byte leaves, and dropping the socket sends RST; after
//! `Control::close` it sends FIN.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const RESET: u8 = 2;

/// A handle on one connection, shared by the connection and by the faults that break it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Control(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// One of the constants above. Release/acquire: the reader task must see it once it was woken.
    state: AtomicU8,
    reader: AtomicWaker,
}

impl Control {
    /// Breaks the connection: the peer sees `ECONNRESET`.
    pub(crate) fn reset(&self) {
        self.0.state.store(RESET, Ordering::Release);
        self.0.reader.wake();
    }

    /// Ends the connection in an orderly way: the peer sees the end of the stream.
    pub(crate) fn close(&self) {
        // A reset is not taken back.
        let _ = self
            .0
            .state
            .compare_exchange(OPEN, CLOSED, Ordering::AcqRel, Ordering::Acquire);
        self.0.reader.wake();
    }

    /// Whether a connection or a fault still holds a clone of this handle.
    pub(crate) fn in_use(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    fn state(&self) -> u8 {
        self.0.state.load(Ordering::Acquire)
    }
}

/// A TCP stream under a [`Control`].
#[derive(Debug)]
pub(crate) struct Wire {
    socket: TcpStream,
    control: Control,
}

impl Wire {
    pub(crate) fn new(socket: TcpStream, control: Control) -> Wire {
        Wire { socket, control }
    }

    /// What an operation must fail with now, if the connection was broken.
    fn broken(&self) -> Option<io::Error> {
        match self.control.state() {
            RESET => Some(io::ErrorKind::ConnectionReset.into()),
            CLOSED => Some(io::ErrorKind::BrokenPipe.into()),
            _ => None,
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.control.state() == RESET {
            // Linger 0 makes the close that follows an RST. Where the peer has gone already, none is needed.
            let _ = self.socket.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.control.0.reader.register(cx.waker());
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.socket).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.socket).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.socket).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.broken() {
            Some(error) if error.kind() == io::ErrorKind::ConnectionReset => Poll::Ready(Err(error)),
            Some(_) | None => Pin::new(&mut self.socket).poll_shutdown(cx),
        }
    }
}
