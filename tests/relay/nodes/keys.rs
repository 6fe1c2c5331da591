//! Nodes that change together with the keys that may go to them.

use potluck_fakes::fault::Fault;
use potluck_fakes::openai::OpenAiFake;
use potluck_filters::model::PoolKey;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_while_an_upstream_moves_with_its_keys_is_served_where_it_is_then() {
    let (old, keys, plan) = openai(1).await;
    let new = OpenAiFake::start().await.unwrap();
    new.keys.add(&keys[0], 1_000_000);
    let mut plan = at_home(plan);
    plan.pool_keys[0].concurrency = Some(1);
    let there = added("new", &new.server.url());
    let moved = PoolKey {
        origins: Arc::from([there.base.origin().into()]),
        ..plan.pool_keys[0].clone()
    };
    let world = plan.start();
    old.server.faults.push("*", Fault::HangBeforeHeaders, 1);
    let first = tokio::spawn(sent(world.chat(false)));
    while old.server.records.count() == 0 {
        tokio::task::yield_now().await;
    }
    let second = tokio::spawn(sent(world.chat(false)));
    let waiting = || {
        world.edge.report()["upstreams"]["vercel"]["queue"]["waiting"]
            .as_u64()
            .unwrap()
    };
    while waiting() == 0 {
        tokio::task::yield_now().await;
    }
    let nodes = NodePlan {
        added: vec![there],
        removed: ["main".into()].into(),
        ..NodePlan::default()
    };
    let delta = Delta {
        pool_keys: vec![PoolKeyChange::Put(moved.into())],
        ..change("vercel", 1, nodes)
    };
    world.edge.apply(delta).unwrap();
    assert_eq!(waiting(), 1, "its key is only busy");
    old.server.faults.release();
    assert_eq!(first.await.unwrap().status(), 200, "what was in flight ends");
    assert_eq!(second.await.unwrap().status(), 200);
    assert_eq!((old.server.records.count(), new.server.records.count()), (1, 1));
}
