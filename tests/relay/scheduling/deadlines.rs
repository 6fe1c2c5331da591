//! How long a request waits: as long as it may, and not at all where that is in vain.

use std::time::Duration;

use potluck_fakes::fault::Fault;
use potluck_fakes::novelai::Settings;
use potluck_filters::limit::Limit;
use tokio::io::AsyncWriteExt;

use super::{arrived, numbered, retry_after};
use crate::ask::{refusal, sent};
use crate::raw::{connect, head};
use crate::world::{CLIENT_KEY, novelai};

#[tokio::test(flavor = "multi_thread")]
async fn who_will_not_wait_is_refused_at_once_and_loses_no_place_in_its_limit() {
    let upstream = novelai(1, Settings::default()).await;
    let mut plan = upstream.plan();
    plan.client_keys[0].rate_limit = Limit::AtMost(2);
    let world = plan.start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.image()));
    upstream.accounts[0].until_busy().await;
    for _ in 0..3 {
        let refused = sent(world.image().header("x-potluck-max-wait", "0")).await;
        assert_eq!(refused.status(), 503);
        assert!(retry_after(&refused) >= 1);
        assert_eq!(refused.headers()["x-ratelimit-remaining-requests"], "1");
        assert!(refused.text().await.unwrap().contains("pool_busy"));
    }
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    world.idle().await;
    assert_eq!(
        sent(world.image()).await.status(),
        200,
        "the place is still there"
    );
    assert_eq!(sent(world.image()).await.status(), 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_no_number_of_seconds_is_refused() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    for nonsense in ["soon", "-1", "1e999", "5s", ""] {
        let request = world.image().header("x-potluck-max-wait", nonsense);
        assert_eq!(
            refusal(request).await,
            (400, "bad_max_wait".to_owned()),
            "{nonsense}"
        );
    }
    assert_eq!(upstream.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_time_is_up_leaves_the_queue_without_a_lease() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.numbered(CLIENT_KEY, 0)));
    upstream.accounts[0].until_busy().await;
    let late = sent(world.numbered(CLIENT_KEY, 1).header("x-potluck-max-wait", "0.05")).await;
    assert_eq!(
        (
            late.status().as_u16(),
            late.headers()["x-potluck-limit-source"].to_str().unwrap()
        ),
        (503, "relay")
    );
    assert!(retry_after(&late) >= 1);
    assert_eq!((world.queue("waiting"), world.queue("left")), (0, 1));
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    world.idle().await;
    assert_eq!((arrived(&upstream), world.leases()), (vec![0], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_while_it_waits_leaves_at_once_and_never_gets_a_lease() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.numbered(CLIENT_KEY, 0)));
    upstream.accounts[0].until_busy().await;
    let mut gone = connect(&world).await;
    let body = numbered(1).to_string();
    let lines = format!(
        "content-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    let request = format!("{}{body}", head("POST", "/ai/generate-image", &lines));
    gone.write_all(request.as_bytes()).await.unwrap();
    world.until_waiting(1).await;
    let behind = world.line_up(CLIENT_KEY, [2]).await;
    drop(gone);
    world.until_waiting(1).await;
    assert_eq!((world.queue("left"), world.leases()), (1, 1));
    upstream.fake.release();
    for answer in behind.into_iter().chain([first]) {
        assert_eq!(answer.await.unwrap().status(), 200);
    }
    world.idle().await;
    assert_eq!((arrived(&upstream), world.leases()), (vec![0, 2], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_keys_rest_for_longer_than_anybody_waits_the_refusal_says_for_how_long() {
    let upstream = novelai(2, Settings::default()).await;
    let busy = Fault::busy().with_header("retry-after", "100");
    upstream.server.faults.push("*", busy, 2);
    let world = upstream.plan().start();
    assert_eq!(refusal(world.image()).await, (429, "pool_busy".to_owned()));
    world.idle().await;
    let first_to_rise = || {
        let rests = world
            .edge
            .pool_keys()
            .into_iter()
            .map(|key| key.rests_ms.expect("all rest"));
        Duration::from_millis(rests.min().unwrap())
    };
    let before = first_to_rise();
    let refused = sent(world.image()).await;
    let after = first_to_rise();
    assert_eq!(refused.status(), 503);
    let told = retry_after(&refused);
    let whole = |span: Duration| span.as_millis().div_ceil(1000) as u64;
    assert!(
        (whole(after)..=whole(before)).contains(&told),
        "{after:?} {told} {before:?}"
    );
    assert!((90..=110).contains(&told), "{told}");
    assert_eq!((upstream.server.records.count(), world.queue("waiting")), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_served_when_the_first_key_has_rested() {
    let upstream = novelai(2, Settings::default()).await;
    upstream.server.faults.push("*", Fault::busy(), 2);
    let mut plan = upstream.plan();
    plan.layout.upstreams[0].cool_downs.rate_limited = Duration::from_millis(100);
    let world = plan.start();
    assert_eq!(sent(world.image()).await.status(), 200);
    world.idle().await;
    assert_eq!((upstream.server.records.count(), world.queue("served")), (3, 1));
}
