//! The two directions of a conversation, neither of which waits for the other.
//!
//! Invariant: a piece is read from one side only when the piece before it was taken by the other, so that whoever
//! does not listen is told so by its own full window, and nobody's words pile up here. One task polls both directions;
//! what a poll leaves unfinished is kept in this value or in Pingora's session, never in a dropped future.

use std::collections::VecDeque;
use std::future::Future as _;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use pingora::protocols::Stream;
use pingora::protocols::http::{HttpTask, ServerSession};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::time::sleep;

use crate::clock::Clock;

/// What is read of a node at once, in bytes. It lies on the stack, so that a silent conversation holds no memory for it.
pub(super) const PIECE: usize = 16 * 1024;

/// How long a conversation may stand still.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// While nobody has anything to say.
    pub(super) silence: Duration,
    /// While somebody does not take what the other has said, and nothing passes the other way either.
    pub(super) stall: Duration,
}

/// One side has ended or broken off.
struct Over;

/// A conversation under way.
pub(super) struct Passing<'a> {
    client: &'a mut ServerSession,
    node: Stream,
    /// Read of the node before the conversation began.
    ahead: VecDeque<Bytes>,
    /// Said by the client, not yet taken by the node.
    to_node: Bytes,
    unflushed: bool,
    /// Bytes that the client is being given.
    to_client: u64,
    /// Bytes that it has taken.
    passed: u64,
}

impl<'a> Passing<'a> {
    /// Between a client whose session has said 101 and a node's bare connection.
    pub(super) fn between(client: &'a mut ServerSession, node: Stream, ahead: VecDeque<Bytes>) -> Self {
        client.set_read_timeout(None);
        client.set_write_timeout(None);
        Self {
            client,
            node,
            ahead,
            to_node: Bytes::new(),
            unflushed: false,
            to_client: 0,
            passed: 0,
        }
    }

    /// Passes on what is said until one side ends or patience does. Gives the bytes that the client took.
    pub(super) async fn until_over(mut self, patience: Patience, clock: Clock) -> u64 {
        let mut moved = clock.now();
        let mut alarm = pin!(sleep(patience.stall.min(patience.silence)));
        loop {
            tokio::select! {
                biased;
                burst = std::future::poll_fn(|cx| self.poll_burst(cx)) => match burst {
                    Ok(()) => moved = clock.now(),
                    Err(Over) => break,
                },
                () = &mut alarm => {
                    let still = clock.now().since(moved);
                    let may_be = if self.is_stuck() { patience.stall } else { patience.silence };
                    let left = may_be.saturating_sub(still);
                    if left.is_zero() {
                        break;
                    }
                    // Looked at again before a stall could last too long that has not begun yet.
                    alarm.set(sleep(left.min(patience.stall)));
                }
            }
        }
        self.node.shutdown().await;
        self.passed
    }

    /// Whether something waits to be taken.
    fn is_stuck(&self) -> bool {
        self.unflushed || !self.to_node.is_empty() || self.client.has_pending_downstream_proxy_tasks()
    }

    /// Passes on what can be passed on now; ready if anything has moved.
    fn poll_burst(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Over>> {
        let mut moved = false;
        loop {
            match (self.poll_to_node(cx), self.poll_to_client(cx)) {
                (Poll::Ready(Err(Over)), _) | (_, Poll::Ready(Err(Over))) => return Poll::Ready(Err(Over)),
                (Poll::Ready(Ok(())), _) | (_, Poll::Ready(Ok(()))) => moved = true,
                (Poll::Pending, Poll::Pending) if moved => return Poll::Ready(Ok(())),
                (Poll::Pending, Poll::Pending) => return Poll::Pending,
            }
        }
    }

    /// One step of what the client says to the node.
    fn poll_to_node(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Over>> {
        let node = Pin::new(&mut self.node);
        if !self.to_node.is_empty() {
            let taken = ready!(node.poll_write(cx, &self.to_node)).map_err(|_| Over)?;
            if taken == 0 {
                return Poll::Ready(Err(Over));
            }
            self.to_node.advance(taken);
            self.unflushed = self.to_node.is_empty();
        } else if self.unflushed {
            ready!(node.poll_flush(cx)).map_err(|_| Over)?;
            self.unflushed = false;
        } else {
            let said = ready!(pin!(self.client.read_request_body()).poll(cx));
            self.to_node = said.ok().flatten().ok_or(Over)?;
        }
        Poll::Ready(Ok(()))
    }

    /// One step of what the node says to the client.
    fn poll_to_client(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Over>> {
        if self.client.has_pending_downstream_proxy_tasks() {
            // Made for being dropped and called again: the session keeps how far it came.
            ready!(pin!(self.client.write_downstream_proxy_tasks()).poll(cx)).map_err(|_| Over)?;
            self.passed += std::mem::take(&mut self.to_client);
            return Poll::Ready(Ok(()));
        }
        let piece = match self.ahead.pop_front() {
            Some(piece) => piece,
            None => ready!(self.poll_read(cx))?,
        };
        self.to_client = piece.len() as u64;
        let task = HttpTask::UpgradedBody(Some(piece), false);
        self.client.send_downstream_proxy_task(task);
        Poll::Ready(Ok(()))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Over>> {
        let mut space = [MaybeUninit::uninit(); PIECE];
        let mut into = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.node).poll_read(cx, &mut into)).map_err(|_| Over)?;
        Poll::Ready(match into.filled() {
            [] => Err(Over),
            said => Ok(Bytes::copy_from_slice(said)),
        })
    }
}
