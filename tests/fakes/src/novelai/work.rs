//! Simulated work: it takes its time, holds the account's lock, and goes on when its client has left.
//!
//! Invariant: the lock is given back before the last byte can be read, so whoever has an answer may ask again.

use std::{convert::Infallible, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

use super::{
    errors::{self, Refused},
    lock::Held,
};

/// How long work takes, and the gate that a test may keep shut before its end.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    pub(crate) duration: Duration,
    pub(crate) gate_shut: watch::Receiver<bool>,
}

impl Pace {
    async fn until_open(&mut self) {
        // The fake that shuts the gate is gone: nobody is left to open it, so it counts as open.
        let _ = self.gate_shut.wait_for(|shut| !*shut).await;
    }
}

/// Works once, then answers with what `finish` makes.
pub(crate) async fn run<T: Send + 'static>(
    held: Option<Held>,
    mut pace: Pace,
    finish: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refused> {
    let work = tokio::spawn(async move {
        sleep(pace.duration).await;
        pace.until_open().await;
        let done = finish();
        drop(held);
        done
    });
    work.await.map_err(|_| Refused(errors::internal()))
}

/// Works in steps, each of which sends a chunk of the body; the gate and then `finish` are before the last.
pub(crate) fn feed(
    held: Option<Held>,
    mut pace: Pace,
    mut chunks: Vec<Bytes>,
    finish: impl FnOnce() + Send + 'static,
) -> Body {
    let (sender, receiver) = mpsc::unbounded_channel();
    let interval = pace.duration / u32::try_from(chunks.len().max(1)).unwrap_or(u32::MAX);
    let last = chunks.pop();
    tokio::spawn(async move {
        for chunk in chunks {
            sleep(interval).await;
            // A client that has left changes nothing: the work goes on.
            let _ = sender.send(chunk);
        }
        sleep(interval).await;
        pace.until_open().await;
        finish();
        drop(held);
        if let Some(chunk) = last {
            let _ = sender.send(chunk);
        }
    });
    Body::from_stream(stream::unfold(receiver, |mut receiver| async {
        receiver
            .recv()
            .await
            .map(|chunk| (Ok::<_, Infallible>(chunk), receiver))
    }))
}
