//! How the next account is chosen, and that this can be switched while the relay serves.

use potluck_fakes::novelai::Settings;
use potluck_filters::id::Revision;
use potluck_filters::pool::Policy;
use potluck_filters::snapshot::{Delta, Policies};

use crate::ask::sent;
use crate::world::{NovelAiWorld, World, novelai};

/// Which accounts served so many requests, one after the other.
async fn served_by(upstream: &NovelAiWorld, world: &World, many: usize) -> Vec<usize> {
    upstream.server.records.clear();
    for _ in 0..many {
        assert_eq!(sent(world.image()).await.status(), 200);
        world.idle().await;
    }
    let records = upstream.server.records.all();
    let place = |token: &str| upstream.tokens.iter().position(|known| known == token).unwrap();
    records.iter().map(|record| place(&record.credential)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_switched_at_run_time_and_waiting_goes_on() {
    let upstream = novelai(3, Settings::default()).await;
    let world = upstream.plan().start();
    assert_eq!(served_by(&upstream, &world, 4).await, [0, 1, 2, 0]);
    upstream.fake.hold();
    let asked: Vec<_> = (0..5)
        .map(|seed| tokio::spawn(sent(world.numbered(crate::world::CLIENT_KEY, seed))))
        .collect();
    world.until_waiting(2).await;
    let switch = |from, policy| Delta {
        from: Revision(from),
        to: Revision(from + 1),
        policies: Some(Policies::from([("novelai".into(), policy)])),
        ..Delta::default()
    };
    world
        .edge
        .apply(switch(1, Policy::ActiveFirst))
        .expect("a sound change");
    assert_eq!(
        world.edge.report()["upstreams"]["novelai"]["policy"],
        "active-first"
    );
    assert_eq!((world.queue("waiting"), world.leases()), (2, 3));
    upstream.fake.release();
    assert_eq!(super::statuses(asked).await, [200; 5]);
    world.idle().await;
    let chosen = served_by(&upstream, &world, 3).await;
    assert!(chosen.iter().all(|account| *account == chosen[0]), "{chosen:?}");
    world
        .edge
        .apply(switch(2, Policy::LeastBusy))
        .expect("a sound change");
    let chosen = served_by(&upstream, &world, 3).await;
    assert!(chosen.windows(2).all(|pair| pair[0] != pair[1]), "{chosen:?}");
}
