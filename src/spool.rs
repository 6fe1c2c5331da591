//! Usage on its way from the edge to the books: no request that ended is forgotten, and none waits for it.
//!
//! 1. [`Inlet::put`]: a request that has ended goes into a bounded channel; the request path does no more.
//! 2. [`writer`]: a thread takes what is there and writes it to disk, many events with one sync, soon.
//! 3. [`mod@file`]: the disk. One file for each process, in which events are numbered from 1.
//! 4. [`ship`]: a task sends them on in the order of their numbers, again and again until they are taken.
//! 5. [`folder`]: what earlier processes left is sent on first, and then deleted. [`left`]: what it says, before that.
//!
//! Invariants: an event has one number for ever, so whoever takes it can tell that it was taken before; nothing is
//! deleted that was not taken; nothing here makes a request wait.

mod channel;
mod file;
mod folder;
mod left;
mod recent;
mod record;
mod ship;
mod status;
mod writer;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use potluck_filters::usage::UsageEvent;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

pub use channel::{Inlet, Outlet, channel};
pub use file::FileError;
pub use left::Left;
pub use status::{Report, Status};

use folder::Folder;
use ship::Shipper;
use writer::{Current, Writer};

/// Events of one process of an edge, numbered one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The edge's stable id.
    pub edge: Arc<str>,
    /// The edge's process.
    pub epoch: i64,
    /// The number of the first event.
    pub first: u64,
    /// The events, in the order of their numbers.
    pub events: Vec<UsageEvent>,
}

impl Batch {
    /// The number of the event after the last.
    fn next(&self) -> u64 {
        self.first.saturating_add(self.events.len() as u64)
    }

    /// How many of them have at most that number.
    fn up_to(&self, number: u64) -> u64 {
        self.next()
            .min(number.saturating_add(1))
            .saturating_sub(self.first)
    }
}

/// Why a batch was not taken; it is sent again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotTaken(pub String);

/// Who takes usage. What is taken twice must count once.
#[async_trait]
pub trait Taker: Send + Sync + 'static {
    /// Takes a batch and says up to which number the events of its edge and epoch are taken for good.
    async fn take(&self, batch: &Batch) -> Result<u64, NotTaken>;
}

/// How a spool is kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder of its files.
    pub folder: PathBuf,
    /// The edge's stable id.
    pub edge: Arc<str>,
    /// A number that no other process of the edge ever has; those of later ones are larger.
    pub epoch: i64,
    /// Bytes that may wait on disk.
    pub most: u64,
}

/// A spool at work.
#[derive(Debug)]
pub struct Spool {
    inlet: Inlet,
    writer: std::thread::JoinHandle<()>,
    shipper: JoinHandle<()>,
    stop: oneshot::Sender<Duration>,
    written: watch::Receiver<u64>,
}

impl Spool {
    /// Opens it, and begins to write and to send on.
    ///
    /// # Errors
    /// When the folder or its file cannot be made.
    pub fn open(settings: &Settings, taker: Arc<dyn Taker>, runtime: &Handle) -> Result<Self, FileError> {
        let (inlet, outlet) = channel();
        let folder = Folder::open(settings)?;
        let current = Arc::new(Current::new(folder.begin()?));
        let (written, seen) = watch::channel(0);
        let status = inlet.shared();
        status.allow(settings.most);
        let writer = Writer::new(
            outlet,
            inlet.recents(),
            (Arc::clone(&current), Arc::clone(&status)),
            settings.most,
        );
        let writer = writer.begin(written)?;
        let (stop, stopped) = oneshot::channel();
        let shipper = Shipper::new(taker, folder, current, status);
        let shipper = runtime.spawn(shipper.run(seen.clone(), stopped));
        Ok(Self {
            inlet,
            writer,
            shipper,
            stop,
            written: seen,
        })
    }

    /// Where events go in.
    #[must_use]
    pub fn inlet(&self) -> Inlet {
        self.inlet.clone()
    }

    /// How it is doing.
    #[must_use]
    pub fn status(&self) -> Arc<Status> {
        self.inlet.shared()
    }

    /// Writes down what has come, sends on what can be sent within `time`, and ends. What could not be sent on is
    /// adopted by the next process.
    pub async fn close(mut self, time: Duration) {
        self.inlet.end().await;
        // The writer drops its end when it has written the last.
        while self.written.changed().await.is_ok() {}
        let _ = self.stop.send(time);
        let sent = self.shipper.await.is_ok();
        let written = self.writer.join().is_ok();
        if !(sent && written) {
            tracing::error!(sent, written, "usage did not come to a good end");
        }
    }
}
