//! The faults that strike within an answer's body.
//!
//! Invariant: bytes before the point of failure are on the wire when it strikes.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::Released;
use crate::wire::Control;

/// How long the bytes before a break may take to leave: hyper writes them when it next finds the body pending, and
/// an RST discards what the kernel still holds.
const LEAVE: Duration = Duration::from_millis(10);

/// A scripted break. Hyper gives up the connection for it.
#[derive(Debug, thiserror::Error)]
#[error("the answer was broken off as scripted")]
pub(crate) struct Severed;

/// What happens at the cut.
#[derive(Debug)]
pub(crate) enum Cut {
    Hang(Released),
    Reset(Control),
    Truncate,
}

/// The body, cut after `after` bytes or at its end.
pub(crate) fn cut(body: Body, after: usize, cut: Cut) -> Body {
    let state = Cutting {
        source: body.into_data_stream(),
        held: Bytes::new(),
        left: after,
        cut: Some(cut),
    };
    Body::from_stream(stream::unfold(state, Cutting::next))
}

/// The body in pieces of at most `chunk` bytes, with a pause before each.
pub(crate) fn drip(body: Body, chunk: usize, pause: Duration) -> Body {
    let state = Cutting {
        source: body.into_data_stream(),
        held: Bytes::new(),
        left: 0,
        cut: None,
    };
    Body::from_stream(stream::unfold(state, move |state| async move {
        tokio::time::sleep(pause).await;
        state.piece(chunk.max(1)).await
    }))
}

struct Cutting {
    source: BodyDataStream,
    /// The rest of a chunk that was larger than what may pass.
    held: Bytes,
    left: usize,
    /// None once it has struck.
    cut: Option<Cut>,
}

type Item = Result<Bytes, axum::BoxError>;

impl Cutting {
    async fn next(mut self) -> Option<(Item, Cutting)> {
        if self.cut.is_none() {
            return self.piece(usize::MAX).await;
        }
        if self.left > 0 {
            let most = self.left;
            match self.fetch(most).await {
                Some(Ok(bytes)) => {
                    self.left -= bytes.len();
                    return Some((Ok(bytes), self));
                }
                Some(Err(error)) => return Some((Err(error), self)),
                None => {}
            }
        }
        self.strike().await
    }

    async fn strike(mut self) -> Option<(Item, Cutting)> {
        match self.cut.take() {
            Some(Cut::Hang(released)) => released.wait().await,
            Some(Cut::Reset(control)) => {
                tokio::time::sleep(LEAVE).await;
                control.reset();
                return Some((Err(Severed.into()), self));
            }
            Some(Cut::Truncate) => {
                tokio::time::sleep(LEAVE).await;
                return Some((Err(Severed.into()), self));
            }
            None => {}
        }
        self.piece(usize::MAX).await
    }

    async fn piece(mut self, most: usize) -> Option<(Item, Cutting)> {
        let item = self.fetch(most).await?;
        Some((item, self))
    }

    /// The next at most `most` bytes of the source; never an empty piece.
    async fn fetch(&mut self, most: usize) -> Option<Item> {
        while self.held.is_empty() {
            match self.source.next().await? {
                Ok(bytes) => self.held = bytes,
                Err(error) => return Some(Err(error.into())),
            }
        }
        let size = most.min(self.held.len());
        Some(Ok(self.held.split_to(size)))
    }
}
