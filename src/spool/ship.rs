//! The task that sends usage on: what earlier processes left first, then this one's own, in the order of the numbers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::file::{FileError, Next, SpoolFile};
use super::folder::{Folder, remove, set_aside, size_of};
use super::writer::Current;
use super::{Batch, NotTaken, Status, Taker};

/// For how long events are gathered that are to be sent on.
const PAUSE: Duration = Duration::from_millis(200);
/// After a batch that was not taken, at first and at most.
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);

/// The task's own.
pub(super) struct Shipper {
    taker: Arc<dyn Taker>,
    folder: Folder,
    current: Arc<Current>,
    status: Arc<Status>,
}

impl Shipper {
    pub(super) fn new(
        taker: Arc<dyn Taker>,
        folder: Folder,
        current: Arc<Current>,
        status: Arc<Status>,
    ) -> Self {
        Self {
            taker,
            folder,
            current,
            status,
        }
    }

    /// Sends on until it is told to stop, and after that for as long as it is told.
    pub(super) async fn run(self, mut written: watch::Receiver<u64>, stopped: oneshot::Receiver<Duration>) {
        let working = async {
            self.adopt().await;
            loop {
                self.send_own().await;
                if written.changed().await.is_err() {
                    // The last of it may have been written since.
                    return self.send_own().await;
                }
                // Until there is more, or until no more will come.
                let _ = tokio::time::timeout(PAUSE, written.wait_for(|_| false)).await;
            }
        };
        let bounded = async {
            // Dropped without a word where the spool was not closed: then there is no hurry.
            match stopped.await {
                Ok(time) => tokio::time::sleep(time).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = working => {}
            () = bounded => {
                tracing::warn!("not all usage was sent on in time; the next start sends on the rest");
            }
        }
        self.leave();
    }

    /// At the end: a file of which all was sent on is not needed any more.
    fn leave(&self) {
        let Some(file) = self.current.get() else { return };
        let next = self.status.sent().saturating_add(1);
        let all = matches!(file.read(next), Ok(Next::End));
        let path = file.path().to_owned();
        drop(file);
        self.current.close();
        if all {
            remove(&path);
        }
    }

    /// Sends on what earlier processes left.
    async fn adopt(&self) {
        let orphans = self.folder.orphans().unwrap_or_else(|error| {
            tracing::error!(%error, "what earlier processes left of usage cannot be listed");
            Vec::new()
        });
        for at in 0..orphans.len() {
            let left = orphans.get(at..).unwrap_or_default();
            self.status.orphans(size_of(left));
            if let Some(path) = left.first() {
                self.adopt_one(path).await;
            }
        }
        self.status.orphans(0);
    }

    async fn adopt_one(&self, path: &Path) {
        tracing::info!(path = %path.display(), "sending on what an earlier process left of usage");
        let opened = {
            let path = path.to_owned();
            tokio::task::spawn_blocking(move || SpoolFile::open(&path)).await
        };
        let file = match opened {
            Ok(Ok(file)) => Arc::new(file),
            Ok(Err(error)) => return set_aside(path, &error, &self.status),
            Err(error) => return set_aside(path, &error, &self.status),
        };
        let sent = self.send(&file, 1, |batch, up_to| self.status.adopt(batch.up_to(up_to)));
        let sent = sent.await;
        drop(file);
        match sent {
            Ok(()) => remove(path),
            Err(error) => set_aside(path, &error, &self.status),
        }
    }

    async fn send_own(&self) {
        let Some(file) = self.current.get() else { return };
        let next = self.status.sent().saturating_add(1);
        let sent = self.send(&file, next, |_, up_to| self.status.send(up_to)).await;
        if let Err(error) = sent {
            tracing::warn!(%error, "the spool of usage cannot be read just now");
        }
    }

    /// Sends on all of a file from that number on, and tells of each batch up to which number it was taken.
    async fn send(
        &self,
        file: &Arc<SpoolFile>,
        from: u64,
        taken: impl Fn(&Batch, u64),
    ) -> Result<(), FileError> {
        let mut next = from;
        let mut broken = false;
        loop {
            let reading = Arc::clone(file);
            let read = tokio::task::spawn_blocking(move || reading.read(next)).await;
            match read.unwrap_or(Ok(Next::End))? {
                Next::Batch(batch) => {
                    let up_to = self.send_until_taken(&batch).await;
                    taken(&batch, up_to);
                    next = up_to.saturating_add(1);
                }
                Next::Unreadable(after) => {
                    broken = true;
                    let Some(after) = after else { break };
                    next = after;
                }
                Next::End => break,
            }
        }
        if broken {
            Err(FileError::Record(file.path().to_owned()))
        } else {
            Ok(())
        }
    }

    /// Up to which number the books have them.
    async fn send_until_taken(&self, batch: &Batch) -> u64 {
        let mut pause = FIRST_RETRY;
        loop {
            match self.taker.take(batch).await {
                Ok(up_to) if up_to >= batch.first => {
                    if self.status.set_failing(false) {
                        tracing::info!("usage is written to the books again");
                    }
                    return up_to;
                }
                Ok(_) => self.told_off("none of it was taken"),
                Err(NotTaken(why)) => self.told_off(&why),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_RETRY);
        }
    }

    fn told_off(&self, why: &str) {
        if self.status.set_failing(true) {
            tracing::error!(
                why,
                "usage cannot be written to the books; it is kept on disk and tried again"
            );
        }
    }
}
