//! From the request path to whoever writes down: bounded, and never waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use potluck_filters::usage::UsageEvent;
use tokio::sync::mpsc;

/// Events that may wait to be written down. At 20 000 requests a second the writer may sleep for three seconds.
const ROOM: usize = 64 * 1024;

/// Where events go in.
#[derive(Clone, Debug)]
pub struct Inlet {
    to: mpsc::Sender<UsageEvent>,
    lost: Arc<AtomicU64>,
}

/// Where they come out, in the order in which they went in.
#[derive(Debug)]
pub struct Outlet {
    from: mpsc::Receiver<UsageEvent>,
}

/// A channel for events. Room for them is made as it is needed.
#[must_use]
pub fn channel() -> (Inlet, Outlet) {
    let (to, from) = mpsc::channel(ROOM);
    let lost = Arc::default();
    (Inlet { to, lost }, Outlet { from })
}

impl Inlet {
    /// Puts an event in. One for which there is no room is lost, and counted.
    pub fn put(&self, event: UsageEvent) {
        if self.to.try_send(event).is_err() {
            self.lose(1);
        }
    }

    /// So many are lost.
    pub(super) fn lose(&self, events: u64) {
        // Relaxed: a count on its own.
        self.lost.fetch_add(events, Ordering::Relaxed);
    }

    /// How many were lost. Must stay 0.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Outlet {
    /// Waits for events and takes what is there, up to `most`: none when all inlets are gone.
    pub fn wait(&mut self, most: usize) -> Vec<UsageEvent> {
        let mut events = Vec::new();
        self.from.blocking_recv_many(&mut events, most);
        events
    }

    /// The next event; `None` when all inlets are gone.
    pub async fn next(&mut self) -> Option<UsageEvent> {
        self.from.recv().await
    }
}
