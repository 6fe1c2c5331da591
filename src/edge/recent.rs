//! The last quarter of an hour in steps of ten seconds: marks of what the tallies had counted.

use std::time::Duration;

use potluck_filters::id::UserId;
use potluck_filters::usage::{Counted, Counts, RecentStep, STEP_MS};

use super::Edge;
use crate::clock::unix_ms;

/// Steps by upstream; under `-` those of requests that came to none.
pub type RecentSteps = std::collections::BTreeMap<std::sync::Arc<str>, Vec<RecentStep>>;

impl Edge {
    /// Sets a mark at each ten seconds of the wall clock, for ever.
    pub async fn keep_marking(&self) {
        let mut marked = false;
        loop {
            let now = unix_ms();
            self.recent.lock().mark(now, self.counts());
            let wait = STEP_MS - now.rem_euclid(STEP_MS);
            // Never so soon that a clock which runs a little behind makes two marks of one.
            let wait = if wait < STEP_MS / 2 && marked {
                wait + STEP_MS
            } else {
                wait
            };
            marked = true;
            tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
        }
    }

    /// What happened in the last quarter of an hour.
    #[must_use]
    pub fn recent(&self) -> RecentSteps {
        let counts = self.counts();
        self.recent.lock().steps(unix_ms(), &counts)
    }

    /// The same of a user's requests; nothing where nobody keeps books.
    #[must_use]
    pub fn recent_of(&self, user: UserId) -> RecentSteps {
        let inlet = self.usage.get();
        inlet.map_or_else(RecentSteps::new, |inlet| inlet.recent(user, unix_ms()))
    }

    fn counts(&self) -> Counts {
        let tallies = self.tallies.all().into_iter();
        let counted = tallies.map(|(name, tally)| {
            let (requests, failed) = tally.ended_and_failed();
            let [prompt, completion] = tally.tokens();
            let (waited, waited_us) = tally.waits();
            let counted = Counted {
                requests,
                failed,
                prompt,
                completion,
                waited,
                waited_us,
            };
            (name, counted)
        });
        counted.collect()
    }
}
