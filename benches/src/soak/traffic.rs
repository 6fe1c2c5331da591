//! Requests at a bounded rate, each in a task of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::act::Act;
use super::stage::Site;

/// Most requests in flight; over it, requests are held back and counted.
const MOST: usize = 400;

/// Sends until the time is up, and waits until all of it has ended.
pub(super) async fn run(site: &Arc<Site>, rate: u32, until: Instant) {
    let mut rng = StdRng::seed_from_u64(2);
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let room = Arc::new(Semaphore::new(MOST));
    let mut flying = JoinSet::new();
    while Instant::now() < until {
        ticks.tick().await;
        // Collected as they end, so that the set does not grow.
        while flying.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
            site.tally.held_back();
            continue;
        };
        let (act, chance, site) = (Act::draw(&mut rng), rng.random(), Arc::clone(site));
        flying.spawn(async move {
            let ended = act.run(&site, chance).await;
            site.tally.note(act.name(), ended);
            drop(place);
        });
    }
    flying.join_all().await;
}
