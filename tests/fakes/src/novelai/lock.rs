//! The lock that lets an account run one generation at a time.
//!
//! Invariant: whoever has a [`Held`] is the only one; it belongs to the work, not to the connection that asked for
//! it, so a client that leaves frees nothing.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::watch;

/// Counts are independent statistics, so relaxed ordering suffices; `running` orders itself.
#[derive(Debug, Clone)]
pub(crate) struct GenerationLock {
    running: Arc<watch::Sender<usize>>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    started: AtomicUsize,
    refused: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl GenerationLock {
    pub(crate) fn new() -> GenerationLock {
        GenerationLock {
            running: Arc::new(watch::Sender::new(0)),
            counts: Arc::default(),
        }
    }

    /// The lock, unless another generation has it.
    pub(crate) fn take(&self) -> Option<Held> {
        let taken = self.running.send_if_modified(|running| {
            let free = *running == 0;
            if free {
                *running += 1;
            }
            free
        });
        if !taken {
            self.counts.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        self.counts.started.fetch_add(1, Ordering::Relaxed);
        self.counts
            .most_at_once
            .fetch_max(*self.running.borrow(), Ordering::Relaxed);
        Some(Held { lock: self.clone() })
    }

    /// How often it was taken.
    pub(crate) fn started(&self) -> usize {
        self.counts.started.load(Ordering::Relaxed)
    }

    /// How often it was asked for in vain.
    pub(crate) fn refused(&self) -> usize {
        self.counts.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.counts.most_at_once.load(Ordering::Relaxed)
    }

    pub(crate) fn is_held(&self) -> bool {
        *self.running.borrow() > 0
    }

    /// Until somebody has it (`true`) or nobody has (`false`).
    pub(crate) async fn until_held(&self, held: bool) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self
            .running
            .subscribe()
            .wait_for(|running| (*running > 0) == held)
            .await;
    }
}

/// The right to run; given back when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    lock: GenerationLock,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.lock
            .running
            .send_modify(|running| *running = running.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_taker_is_refused_until_the_first_is_done() {
        let lock = GenerationLock::new();
        let held = lock.take().unwrap();
        assert!(lock.take().is_none());
        drop(held);
        lock.until_held(false).await;
        assert!(lock.take().is_some());
        assert_eq!((lock.started(), lock.refused(), lock.most_at_once()), (2, 1, 1));
    }
}
