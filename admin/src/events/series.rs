//! `series`: how requests come, as ready sums of the step that is under way, and once more of the one before it.
//!
//! Invariant: a listener hears it at most once a second, and only where something came; who does not ask for it costs
//! nothing.

use std::time::Duration;

use potluck_filters::id::UserId;
use tokio::time::{Interval, MissedTickBehavior};

use crate::api::{RecentStep, RecentUsage};
use crate::control::Control;

/// What one listener has heard.
pub(super) struct Series {
    tick: Interval,
    /// When the last step began of which it has heard, and what it was told from there on.
    heard: Option<(i64, Vec<RecentStep>)>,
}

impl Series {
    /// Begins at once, and goes on no oftener than that.
    pub(super) fn new(every: Duration) -> Self {
        let mut tick = tokio::time::interval(every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { tick, heard: None }
    }

    /// Until the next one is due: never, where nobody asked for it.
    pub(super) async fn due(series: &mut Option<Self>) {
        match series {
            Some(series) => {
                series.tick.tick().await;
            }
            None => std::future::pending().await,
        }
    }

    /// What is new for it; `None` where nothing is. For a member, of their own requests.
    pub(super) fn news(&mut self, control: &Control, user: Option<UserId>) -> Option<RecentUsage> {
        let now = user.map_or_else(|| control.recent_usage(), |user| control.my_recent_usage(user));
        let last = now.last_at();
        let from = self.heard.as_ref().map_or(last, |(from, _)| *from);
        let heard = self.heard.as_ref().map(|(_, heard)| heard);
        let news = now.since(from);
        if heard.is_some_and(|heard| *heard == news.counted()) {
            return None;
        }
        self.heard = Some((last, news.clone().since(last).counted()));
        Some(news)
    }
}
