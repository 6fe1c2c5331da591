//! How usage fares on its way, for metrics and for `status`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::Serialize;

/// Counts since the process began. Each stands for itself, so all of them are relaxed.
#[derive(Debug, Default)]
pub struct Status {
    lost: AtomicU64,
    written: AtomicU64,
    sent: AtomicU64,
    adopted: AtomicU64,
    bytes: AtomicU64,
    orphan_bytes: AtomicU64,
    most: AtomicU64,
    set_aside: AtomicU64,
    full: AtomicBool,
    failing: AtomicBool,
}

/// The same at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Events that are in no books and never will be: for want of room. Must stay 0.
    pub lost: u64,
    /// Events of this process that are on disk or were.
    pub written: u64,
    /// Of those, how many the books have.
    pub sent: u64,
    /// Events of earlier processes that the books have taken since.
    pub adopted: u64,
    /// Bytes that wait on disk.
    pub waiting_bytes: u64,
    /// Bytes that may.
    pub most_bytes: u64,
    /// Files of earlier processes that could not be read, and were set aside.
    pub set_aside: u64,
    /// Whether as much waits on disk as may.
    pub full: bool,
    /// Whether the last try to send on failed.
    pub failing: bool,
}

impl Status {
    /// How it is doing now.
    #[must_use]
    pub fn report(&self) -> Report {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Report {
            lost: of(&self.lost),
            written: of(&self.written),
            sent: of(&self.sent),
            adopted: of(&self.adopted),
            waiting_bytes: self.waiting_bytes(),
            most_bytes: of(&self.most),
            set_aside: of(&self.set_aside),
            full: self.full.load(Ordering::Relaxed),
            failing: self.failing.load(Ordering::Relaxed),
        }
    }

    /// What may wait on disk, in bytes.
    pub(super) fn allow(&self, bytes: u64) {
        self.most.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn lose(&self, events: u64) {
        self.lost.fetch_add(events, Ordering::Relaxed);
    }

    /// Up to which number events are on disk.
    pub(super) fn write(&self, up_to: u64) {
        self.written.store(up_to, Ordering::Relaxed);
    }

    /// Up to which number the books have them. Read by the writer, which then deletes them: a late look deletes later.
    pub(super) fn send(&self, up_to: u64) {
        self.sent.fetch_max(up_to, Ordering::Relaxed);
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(super) fn adopt(&self, events: u64) {
        self.adopted.fetch_add(events, Ordering::Relaxed);
    }

    pub(super) fn grow(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn shrink(&self, bytes: u64) {
        // Only the writer changes it, so nothing is lost between the two.
        let left = self.bytes.load(Ordering::Relaxed).saturating_sub(bytes);
        self.bytes.store(left, Ordering::Relaxed);
    }

    pub(super) fn orphans(&self, bytes: u64) {
        self.orphan_bytes.store(bytes, Ordering::Relaxed);
    }

    /// What was taken is deleted with the next append; when all of it was, none of it waits.
    pub(super) fn waiting_bytes(&self) -> u64 {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let own = if of(&self.sent) < of(&self.written) {
            of(&self.bytes)
        } else {
            0
        };
        own.saturating_add(of(&self.orphan_bytes))
    }

    pub(super) fn set_aside(&self) {
        self.set_aside.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether this is news.
    pub(super) fn set_full(&self, full: bool) -> bool {
        self.full.swap(full, Ordering::Relaxed) != full
    }

    /// Whether this is news.
    pub(super) fn set_failing(&self, failing: bool) -> bool {
        self.failing.swap(failing, Ordering::Relaxed) != failing
    }
}
