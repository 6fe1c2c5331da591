//! How fast a fake works: the time before an answer, and what stands between a stream's events.
//!
//! Invariant: in step mode no event leaves before a test has released it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

/// The speed of one fake. Can be changed while it runs; clones share it.
#[derive(Clone, Debug)]
pub struct Pace {
    speed: watch::Sender<Speed>,
    /// One permit for each released event.
    released: Arc<Semaphore>,
}

#[derive(Clone, Copy, Debug)]
struct Speed {
    work: Duration,
    between: Between,
}

#[derive(Clone, Copy, Debug)]
enum Between {
    Interval(Duration),
    Step,
}

impl Default for Pace {
    fn default() -> Self {
        Pace::new(Duration::from_millis(2), Duration::from_millis(2))
    }
}

impl Pace {
    /// `work` passes before an answer's headers, `interval` before each event of a stream.
    pub fn new(work: Duration, interval: Duration) -> Pace {
        let speed = Speed {
            work,
            between: Between::Interval(interval),
        };
        Pace {
            speed: watch::Sender::new(speed),
            released: Arc::new(Semaphore::new(0)),
        }
    }

    /// Sets the time before an answer's headers.
    pub fn set_work(&self, work: Duration) {
        self.speed.send_modify(|speed| speed.work = work);
    }

    /// Sets the time before each event of a stream, and ends step mode.
    pub fn set_interval(&self, interval: Duration) {
        self.speed
            .send_modify(|speed| speed.between = Between::Interval(interval));
    }

    /// From now on each event of a stream waits for its own release.
    pub fn step(&self) {
        self.speed.send_modify(|speed| speed.between = Between::Step);
    }

    /// Lets `events` more events pass in step mode.
    pub fn release(&self, events: usize) {
        self.released.add_permits(events);
    }

    /// Passes when the work is done.
    pub async fn work(&self) {
        let work = self.speed.borrow().work;
        if !work.is_zero() {
            tokio::time::sleep(work).await;
        }
    }

    /// Passes when the next event may leave.
    pub async fn event(&self) {
        let mut speed = self.speed.subscribe();
        let between = speed.borrow_and_update().between;
        match between {
            Between::Interval(interval) if interval.is_zero() => {}
            Between::Interval(interval) => tokio::time::sleep(interval).await,
            Between::Step => tokio::select! {
                // The semaphore is never closed.
                permit = self.released.acquire() => if let Ok(permit) = permit { permit.forget() },
                _ = speed.wait_for(|speed| matches!(speed.between, Between::Interval(_))) => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn in_step_mode_each_event_waits_for_its_release() {
        let pace = Pace::default();
        pace.step();
        assert!(pace.event().now_or_never().is_none());
        pace.release(2);
        assert!(pace.event().now_or_never().is_some());
        assert!(pace.event().now_or_never().is_some());
        assert!(pace.event().now_or_never().is_none());
    }

    #[tokio::test]
    async fn an_interval_ends_step_mode_for_those_who_wait() {
        let pace = Pace::default();
        pace.step();
        let waiting = tokio::spawn({
            let pace = pace.clone();
            async move { pace.event().await }
        });
        tokio::task::yield_now().await;
        pace.set_interval(Duration::ZERO);
        waiting.await.unwrap();
    }
}
