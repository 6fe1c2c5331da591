//! Looking after pool keys, nodes and outbound proxies, and keeping how they fared.
//!
//! 1. [`spawn`]: one loop that looks about once a second. `keys`, `nodes` and `proxies` say what there is to see.
//! 2. `keeper`: what changed goes into the database; what is too old goes out of it.
//! 3. `findings`: what is wrong with it.
//! 4. `alerts`: who is told of that; `post` is one message to one webhook.
//! 5. `start`: that this process started.
//!
//! Invariants: only one process that shares a database keeps the history; while none does, that time is a gap, known
//! from the mark that the last one left; a database that is away loses nothing that was seen, within bounds.

pub(crate) mod alerts;
mod findings;
pub(crate) mod keeper;
mod keys;
mod nodes;
pub(crate) mod post;
mod proxies;
pub(crate) mod start;

use std::sync::Arc;
use std::time::Duration;

use potluck_store::table::starts::Start;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::control::Control;
use alerts::Postman;
use keeper::Keeper;
use start::StartNote;

/// Between two looks.
const TURN: Duration = Duration::from_secs(1);

/// How long what is kept is kept, and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct SightSettings {
    /// How long changes of states are kept.
    pub keep: Duration,
    /// How many there are at most, about; the oldest go first.
    pub most_changes: i64,
}

impl Default for SightSettings {
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(30 * 24 * 60 * 60),
            most_changes: 2_000_000,
        }
    }
}

/// The loops that look and that send.
#[derive(Debug)]
pub struct Sight {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    post: JoinHandle<()>,
}

/// Begins to look and to send, on the current tokio runtime, and keeps that this process started. `now` gives Unix time
/// in milliseconds, `chance` a number from 0 up to 1.
#[must_use]
pub fn spawn(
    control: Arc<Control>,
    settings: SightSettings,
    start: Start,
    now: fn() -> i64,
    chance: fn() -> f64,
) -> Sight {
    let (stop, stopped) = oneshot::channel();
    let post = tokio::spawn(go_rounds(Postman::new(Arc::clone(&control), now, chance)));
    let note = StartNote::new(Arc::clone(&control), start);
    let keeper = Keeper::new(control, settings, now);
    let task = tokio::spawn(run(note, keeper, stopped));
    Sight { stop, task, post }
}

async fn go_rounds(mut postman: Postman) {
    let mut turns = tokio::time::interval(TURN);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        postman.go_round().await;
    }
}

async fn run(mut note: StartNote, mut keeper: Keeper, mut stopped: oneshot::Receiver<()>) {
    let mut turns = tokio::time::interval(TURN);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = turns.tick() => {
                note.keep().await;
                keeper.look().await;
            }
            // Told or dropped: both mean the end.
            _ = &mut stopped => break,
        }
    }
    keeper.close().await;
}

impl Sight {
    /// Keeps what was seen last, and ends. What is being sent is sent again after the next start.
    pub async fn stop(self) {
        self.post.abort();
        // The other end is gone where the task has ended already.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the keeper of histories ended badly");
        }
    }
}
