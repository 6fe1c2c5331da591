//! What was spent today and which objects members made, carried from the edge to the database, so that a
//! restart does not forget it.
//!
//! The edge only counts; this task asks it every [`TURN`] for what came to it and books that. A relay that
//! is killed forgets at most what was spent within that time; mere counts of requests, on which no cap
//! depends, are booked every [`ALL`] turns. What could not be booked is kept, and tried again.

use std::sync::Arc;
use std::time::Duration;

use potluck_admin::Control;
use potluck_filters::objects::Shelved;
use potluck_filters::spending::{Booking, Spending, merged};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::unix_ms;
use crate::edge::Edge;

/// Between two bookings.
const TURN: Duration = Duration::from_millis(50);
/// Turns between two bookings of everything.
const ALL: u32 = 100;
/// After a booking that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The task.
#[derive(Debug)]
pub(super) struct Books {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Books {
    /// Begins to book, on the current runtime.
    pub(super) fn open(edge: Arc<Edge>, control: Arc<Control>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(keep(edge, control, stopped));
        Self { stop, task }
    }

    /// Books the rest and ends.
    pub(super) async fn close(self) {
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the books were not closed");
        }
    }
}

async fn keep(edge: Arc<Edge>, control: Arc<Control>, mut stopped: oneshot::Receiver<()>) {
    let (mut open, mut objects) = (Vec::new(), Vec::new());
    let mut pause = TURN;
    for turn in 1_u32.. {
        let last = tokio::select! {
            () = tokio::time::sleep(pause) => false,
            _ = &mut stopped => true,
        };
        let held = open.len();
        let all = last || turn % ALL == 0;
        open.extend(edge.take_spending(if all { Booking::All } else { Booking::Urgent }));
        let known = objects.len();
        objects.extend(edge.take_objects());
        let kept = shelve(&control, &mut objects, known).await;
        pause = if book(&control, &mut open, held).await && kept {
            TURN
        } else {
            PAUSE
        };
        if all {
            note_failures(&control).await;
        }
        if last {
            return;
        }
    }
}

async fn note_failures(control: &Control) {
    if let Err(error) = control.settle_failures().await {
        tracing::error!(%error, "failed log-ins cannot be noted");
    }
}

/// Books what is open. `held`: so much of it could not be booked before, and was told.
async fn book(control: &Control, open: &mut Vec<Spending>, held: usize) -> bool {
    if open.is_empty() {
        return true;
    }
    match control.store().book(open).await {
        Ok(()) => {
            open.clear();
            true
        }
        Err(error) => {
            if held == 0 {
                tracing::error!(%error, "what was spent cannot be booked; it is kept and tried again");
            }
            *open = merged(open);
            false
        }
    }
}

/// Stores what changed in members' objects. `held`: so much of it could not be stored before, and was told.
async fn shelve(control: &Control, changes: &mut Vec<Shelved>, held: usize) -> bool {
    if changes.is_empty() {
        return true;
    }
    match control.store().shelve(changes, unix_ms()).await {
        Ok(()) => {
            changes.clear();
            true
        }
        Err(error) => {
            if held == 0 {
                tracing::error!(%error, "members' objects cannot be stored; they are kept and tried again");
            }
            false
        }
    }
}
