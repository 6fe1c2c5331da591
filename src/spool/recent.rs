//! What each user's requests were in the last quarter of an hour, counted by the thread that writes them down: nothing of
//! it is on a request's way.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use potluck_filters::id::UserId;
use potluck_filters::usage::{RecentOfUsers, RecentStep, UsageEvent};

/// The counts. Held by the writer for some microseconds, and by whoever asks.
#[derive(Debug)]
pub(super) struct Recents(Mutex<RecentOfUsers>);

impl Recents {
    /// Nothing yet. `now` is in milliseconds since the Unix epoch.
    pub(super) fn new(now: i64) -> Self {
        Self(Mutex::new(RecentOfUsers::new(now)))
    }

    pub(super) fn note(&self, events: &[UsageEvent]) {
        let mut recent = self.0.lock();
        events.iter().for_each(|event| recent.note(event));
    }

    pub(super) fn steps(&self, user: UserId, now: i64) -> BTreeMap<Arc<str>, Vec<RecentStep>> {
        self.0.lock().steps(user, now)
    }
}
