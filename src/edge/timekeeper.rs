//! Keeps the time for those who wait: when a key has rested, somebody has to notice.
//!
//! Only while somebody waits: one task an upstream, begun by the first who waits and ended with the
//! last. It sleeps until the next thing is due and never polls.

use std::sync::Arc;
use std::time::Duration;

use super::Clock;
use super::desk::{Desk, Due};

/// Makes sure that somebody keeps the time.
pub(super) fn begin(desk: &Arc<Desk>, clock: Clock) {
    if desk.take_charge() {
        tokio::spawn(keep(Arc::clone(desk), clock, tokio::time::sleep));
    }
}

/// Keeps the time until nobody waits. `sleep` lets so much time pass.
pub(super) async fn keep<S: Future<Output = ()>>(
    desk: Arc<Desk>,
    clock: Clock,
    sleep: impl Fn(Duration) -> S,
) {
    loop {
        let told = desk.sooner.notified();
        match desk.keep() {
            Due::Over => return,
            Due::At(None) => told.await,
            Due::At(Some(at)) => {
                tokio::select! {
                    biased;
                    () = told => {}
                    () = sleep(at.since(clock.now())) => {}
                }
            }
        }
    }
}
