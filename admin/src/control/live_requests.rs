//! What is on its way just now, as the edge sees it.

use potluck_filters::id::UserId;

use super::Control;
use crate::api::{LiveRequest, MyLiveRequest, WaitingLine};
use crate::error::ControlError;

/// Requests that are told at once.
const SHOWN: usize = 200;
/// Places of a queue that are told at once.
const PLACES: usize = 50;

impl Control {
    /// Everybody's requests on their way, the oldest first.
    pub fn live_requests(&self) -> Vec<LiveRequest> {
        let live = self.live.live_requests(None, SHOWN);
        live.into_iter().map(LiveRequest::from).collect()
    }

    /// A user's own.
    pub fn my_live_requests(&self, user: UserId) -> Vec<MyLiveRequest> {
        let live = self.live.live_requests(Some(user), SHOWN);
        live.into_iter()
            .map(|live| LiveRequest::from(live).request)
            .collect()
    }

    /// Those who wait for a pool key of an upstream.
    ///
    /// # Errors
    /// When there is no such upstream.
    pub fn waiting_line(&self, upstream: &str) -> Result<WaitingLine, ControlError> {
        self.facts(upstream)?;
        let (items, total) = self.live.queue(upstream, PLACES).unwrap_or_default();
        let items = items.into_iter().map(Into::into).collect();
        Ok(WaitingLine { items, total })
    }
}
