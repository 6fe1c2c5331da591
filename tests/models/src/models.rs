//! The models. Each is run under two schedulers: one that draws at random, and one that looks for what
//! needs few but ill-timed switches.

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};

use crate::world::{Ends, World};

/// Runs of each model and scheduler.
const RUNS: usize = 500;
/// Switches that the second scheduler places.
const DEPTH: usize = 4;
const SEED: u64 = 20_261_121;

fn explore(model: impl Fn() + Clone + Send + Sync + 'static) {
    explore_with(RandomScheduler::new_from_seed(SEED, RUNS), model.clone());
    explore_with(PctScheduler::new_from_seed(SEED, DEPTH, RUNS), model);
}

fn explore_with(scheduler: impl Scheduler + 'static, model: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.stack_size = 1 << 20;
    Runner::new(scheduler, config).run(model);
}

#[test]
fn a_wake_against_a_simultaneous_disconnect_gives_the_lease_to_the_next() {
    explore(|| {
        let world = World::new(&[1]);
        world.run(world.clone().request(1, Ends::Well));
        for looks in [0, 1, 2] {
            world.run(world.clone().disconnect(2, looks));
        }
        world.run(world.clone().request(3, Ends::Well));
        world.ended();
    });
}

#[test]
fn every_waiter_is_served_or_has_left_and_none_sleeps_for_ever() {
    explore(|| {
        let world = World::new(&[1, 1]);
        for user in [1, 1, 2, 2, 0, 3] {
            world.run(world.clone().request(user, Ends::Well));
        }
        for user in [1, 0] {
            world.run(world.clone().disconnect(user, 1));
        }
        world.ended();
        let (served, left) = world.served_and_left();
        assert!(served <= 8 && left <= 2, "{served} {left}");
    });
}

#[test]
fn a_key_never_has_more_holders_than_it_may() {
    explore(|| {
        let world = World::new(&[1, 2]);
        for (user, ends) in [
            (1, Ends::Well),
            (1, Ends::Unsent),
            (2, Ends::Well),
            (2, Ends::Unsent),
            (3, Ends::Well),
            (3, Ends::Unsent),
        ] {
            world.run(world.clone().request(user, ends));
        }
        world.run(world.clone().move_on(4));
        world.ended();
    });
}

#[test]
fn what_rests_or_works_on_serves_again_while_somebody_waits() {
    explore(|| {
        let world = World::new(&[1]);
        for (user, ends) in [
            (1, Ends::Busy),
            (1, Ends::Broken),
            (2, Ends::Well),
            (3, Ends::Busy),
            (4, Ends::Well),
        ] {
            world.run(world.clone().request(user, ends));
        }
        world.run(world.clone().disconnect(5, 2));
        world.ended();
    });
}

#[test]
fn whoever_looks_at_the_desk_takes_no_wake_away() {
    explore(|| {
        let world = World::new(&[1]);
        // From here on the key rests.
        shuttle::future::block_on(world.clone().request(1, Ends::Busy));
        world.run(world.clone().request(2, Ends::Well));
        let looking = world.clone();
        world.run(async move {
            for _ in 0..4 {
                looking.look();
                shuttle::future::yield_now().await;
            }
        });
        world.ended();
    });
}

#[test]
fn a_key_that_comes_goes_and_is_rechecked_meanwhile_loses_nobody() {
    explore(|| {
        let world = World::new(&[1, 1]);
        for (user, ends) in [
            (1, Ends::Busy),
            (1, Ends::Well),
            (2, Ends::Broken),
            (2, Ends::Well),
            (3, Ends::Well),
        ] {
            world.run(world.clone().request(user, ends));
        }
        let changing = world.clone();
        world.run(async move {
            changing.gone(1);
            shuttle::future::yield_now().await;
            changing.recheck(2);
            shuttle::future::yield_now().await;
            changing.put(1, 1);
            changing.put(2, 1);
        });
        world.ended();
    });
}

#[test]
fn nodes_that_come_and_go_meanwhile_lose_nobody_and_stay_where_a_lease_is_out() {
    explore(|| {
        let world = World::new(&[1, 1]);
        for user in [1, 1, 2, 3] {
            world.run(world.clone().stay(user));
        }
        let changing = world.clone();
        world.run(async move {
            for nodes in [&["b"][..], &["c", "b"], &["a"]] {
                changing.nodes(nodes);
                shuttle::future::yield_now().await;
            }
        });
        world.ended();
    });
}

#[test]
fn the_keeper_of_the_time_ends_with_the_last_who_waits() {
    explore(|| {
        let world = World::new(&[1]);
        world.run(world.clone().request(1, Ends::Well));
        world.run(world.clone().disconnect(2, 1));
        world.ended();
        assert!(world.desk.retry_after() >= std::time::Duration::from_secs(1));
    });
}
