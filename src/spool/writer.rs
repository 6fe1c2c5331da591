//! The thread that writes events down: what came within a moment with one sync, and never one by one.
//!
//! A process that is killed forgets what came since the last sync: [`PAUSE`] and the time that a sync takes. When the
//! disk fails, events are kept in the channel and written when it works again. At the bound of what may wait on disk,
//! new events are refused and counted as lost: what is on disk was promised to be kept.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use potluck_filters::usage::UsageEvent;
use tokio::sync::watch;

use super::file::{Change, FileError, SpoolFile};
use super::recent::Recents;
use super::{Outlet, Status};

/// For how long events are gathered.
const PAUSE: Duration = Duration::from_millis(40);
/// Events that are written at once.
const MOST: usize = 16 * 1024;
/// After the disk has failed.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

/// This process's file; nothing while it is being opened anew.
#[derive(Debug)]
pub(super) struct Current(Mutex<Option<Arc<SpoolFile>>>);

impl Current {
    pub(super) fn new(file: SpoolFile) -> Self {
        Self(Mutex::new(Some(Arc::new(file))))
    }

    pub(super) fn get(&self) -> Option<Arc<SpoolFile>> {
        self.0.lock().clone()
    }

    /// Closes it. Whoever has it holds it a moment longer.
    pub(super) fn close(&self) {
        *self.0.lock() = None;
    }

    fn put(&self, file: SpoolFile) {
        *self.0.lock() = Some(Arc::new(file));
    }
}

/// The thread's own.
pub(super) struct Writer {
    outlet: Outlet,
    recents: Arc<Recents>,
    current: Arc<Current>,
    status: Arc<Status>,
    most: u64,
    /// The number of the next event.
    next: u64,
}

impl Writer {
    pub(super) fn new(
        outlet: Outlet,
        recents: Arc<Recents>,
        (current, status): (Arc<Current>, Arc<Status>),
        most: u64,
    ) -> Self {
        Self {
            outlet,
            recents,
            current,
            status,
            most,
            next: 1,
        }
    }

    /// Starts the thread. It tells up to which number events are on disk, and drops `written` at its end.
    pub(super) fn begin(self, written: watch::Sender<u64>) -> Result<std::thread::JoinHandle<()>, FileError> {
        let path = self
            .current
            .get()
            .map_or_else(Default::default, |file| file.path().to_owned());
        let thread = std::thread::Builder::new().name("usage".into());
        thread
            .spawn(move || self.run(&written))
            .map_err(|source| FileError::Io { path, source })
    }

    fn run(mut self, written: &watch::Sender<u64>) {
        loop {
            let (events, ended) = self.outlet.gather(PAUSE, MOST);
            self.recents.note(&events);
            if !events.is_empty() && self.has_room(events.len()) {
                self.write_until_written(&events, ended);
                written.send_replace(self.next - 1);
            }
            if ended {
                return;
            }
        }
    }

    /// Whether as much may still wait on disk. If not, these events are lost.
    fn has_room(&self, events: usize) -> bool {
        if self.status.waiting_bytes() >= self.most
            && let Ok(change) = self.write(&[])
        {
            // What was sent on since is in the way no longer.
            self.status.shrink(change.freed);
        }
        let waiting = self.status.waiting_bytes();
        let full = waiting >= self.most;
        if full {
            self.status.lose(events as u64);
        }
        if self.status.set_full(full) {
            tell(full, waiting, self.most);
        }
        !full
    }

    /// Until the disk takes it; at the end of the process only once more.
    fn write_until_written(&mut self, events: &[UsageEvent], ended: bool) {
        let mut told = false;
        loop {
            match self.write(events) {
                Ok(change) => {
                    self.status.shrink(change.freed);
                    self.status.grow(change.added);
                    self.next += events.len() as u64;
                    self.status.write(self.next - 1);
                    return;
                }
                Err(error) if !std::mem::replace(&mut told, true) => {
                    tracing::error!(%error, "usage cannot be written to disk; it is kept in memory and tried again");
                }
                Err(_) if ended => return self.status.lose(events.len() as u64),
                Err(_) => {}
            }
            std::thread::sleep(AFTER_FAILURE);
            self.open_anew();
        }
    }

    fn write(&self, events: &[UsageEvent]) -> Result<Change, FileError> {
        let file = self.current.get().ok_or_else(|| FileError::Io {
            path: Default::default(),
            source: std::io::ErrorKind::NotConnected.into(),
        })?;
        file.append(self.next, events, self.status.sent())
    }

    /// After a failure the file takes nothing before it was opened anew.
    fn open_anew(&self) {
        let Some(path) = self.current.get().map(|file| file.path().to_owned()) else {
            return;
        };
        self.current.close();
        match SpoolFile::open(&path) {
            Ok(file) => self.current.put(file),
            Err(error) => tracing::warn!(%error, "the spool of usage cannot be opened again"),
        }
    }
}

fn tell(full: bool, waiting: u64, most: u64) {
    if full {
        return tell_full(waiting, most);
    }
    tracing::info!(waiting, "usage may wait on disk again");
}

fn tell_full(waiting: u64, most: u64) {
    tracing::error!(
        waiting,
        most,
        "no more usage may wait on disk: the books miss requests"
    );
}
