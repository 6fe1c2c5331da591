//! Waiting for the one pool key that keeps what a request names.

use std::time::Duration;

use potluck_fakes::fault::Fault;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_key_that_goes_away_is_told_so_at_once() {
    let (fake, keys, mut plan) = two_users(2).await;
    plan.layout.upstreams[0].queue.max_wait = Duration::from_secs(3600);
    plan.pool_keys
        .iter_mut()
        .for_each(|key| key.concurrency = Some(1));
    let ids: Vec<_> = plan.pool_keys.iter().map(|key| key.id).collect();
    let world = plan.start();
    let kept = id_of(upload(&world, CLIENT_KEY, "user_data", "x".to_owned())).await;
    let keeper = keys.iter().position(|key| *key == used(&fake)[0]).unwrap();
    let path = format!("/v1/files/{kept}");
    fake.server.faults.push(&path, Fault::HangBeforeHeaders, 1);
    let asked = || ask(&world, CLIENT_KEY, Method::GET, &path);
    let first = tokio::spawn(sent(asked()));
    while fake.server.records.count() < 2 {
        tokio::task::yield_now().await;
    }
    let second = tokio::spawn(sent(asked()));
    let waiting = || {
        world.edge.report()["upstreams"]["vercel"]["queue"]["waiting"]
            .as_u64()
            .unwrap()
    };
    while waiting() == 0 {
        tokio::task::yield_now().await;
    }
    world.change(vec![], vec![PoolKeyChange::Gone(ids[keeper])]);
    let refused = second.await.unwrap();
    assert_eq!(refused.status(), 503);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "object_unavailable", "{body}");
    fake.server.faults.release();
    assert_eq!(first.await.unwrap().status(), 200, "what was in flight ends");
}
