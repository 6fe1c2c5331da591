//! From the request path to whoever writes down: bounded, and never waited for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use potluck_filters::id::UserId;
use potluck_filters::usage::{RecentStep, UsageEvent};
use tokio::sync::mpsc;

use super::Status;
use super::recent::Recents;
use crate::clock::unix_ms;

/// Events that may wait to be written down. At 20 000 requests a second the writer may sleep for three seconds.
const ROOM: usize = 64 * 1024;

/// What goes through: an event, or that nothing comes after this.
type Message = Option<UsageEvent>;

/// Where events go in.
#[derive(Clone, Debug)]
pub struct Inlet {
    to: mpsc::Sender<Message>,
    status: Arc<Status>,
    recents: Arc<Recents>,
}

/// Where they come out, in the order in which they went in.
#[derive(Debug)]
pub struct Outlet {
    from: mpsc::Receiver<Message>,
}

/// A channel for events. Room for them is made as it is needed.
#[must_use]
pub fn channel() -> (Inlet, Outlet) {
    let (to, from) = mpsc::channel(ROOM);
    let inlet = Inlet {
        to,
        status: Arc::default(),
        recents: Arc::new(Recents::new(unix_ms())),
    };
    (inlet, Outlet { from })
}

impl Inlet {
    /// Puts an event in. One for which there is no room is lost, and counted.
    pub fn put(&self, event: UsageEvent) {
        if self.to.try_send(Some(event)).is_err() {
            self.status.lose(1);
        }
    }

    /// How its events fare.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// What a user's requests were in the last quarter of an hour, by upstream, and under `-` those that came to none.
    /// `now` is in milliseconds since the Unix epoch.
    #[must_use]
    pub fn recent(&self, user: UserId, now: i64) -> BTreeMap<Arc<str>, Vec<RecentStep>> {
        self.recents.steps(user, now)
    }

    pub(super) fn recents(&self) -> Arc<Recents> {
        Arc::clone(&self.recents)
    }

    pub(super) fn shared(&self) -> Arc<Status> {
        Arc::clone(&self.status)
    }

    /// Says that nothing comes any more.
    pub(super) async fn end(&self) {
        // An error means that nobody writes any more, which is an end, too.
        let _ = self.to.send(None).await;
    }
}

impl Outlet {
    /// Waits for an event, then for as long as `pause` for more of them, and takes what is there, up to `most`. And
    /// whether that was the end.
    pub(super) fn gather(&mut self, pause: Duration, most: usize) -> (Vec<UsageEvent>, bool) {
        let mut events = Vec::new();
        match self.from.blocking_recv() {
            Some(Some(event)) => events.push(event),
            Some(None) | None => return (events, true),
        }
        std::thread::sleep(pause);
        while events.len() < most {
            match self.from.try_recv() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => return (events, true),
                Err(_) => break,
            }
        }
        (events, false)
    }

    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Option<UsageEvent> {
        self.from.recv().await?
    }
}
