//! What is on its way just now, as whoever looks sees it.

use std::time::Duration;

use potluck_fakes::novelai::Settings;
use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::usage::{Endpoint, LiveRequest, LiveStage};

use crate::ask::sent;
use crate::world::{World, novelai};

/// What is on its way, once one says that it waits: it is in the queue a moment before its entry says so.
async fn until_one_says_that_it_waits(world: &World) -> Vec<LiveRequest> {
    let waits = |live: &LiveRequest| matches!(live.stage, LiveStage::Waiting { .. });
    let told = async {
        loop {
            let live = world.edge.live_requests(None, 10);
            if live.iter().any(waits) {
                return live;
            }
            tokio::task::yield_now().await;
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(20), told).await;
    told.expect("a request that says that it waits")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_says_where_it_is_until_it_has_ended() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.image()));
    upstream.accounts[0].until_busy().await;
    let second = tokio::spawn(sent(world.image()));
    world.until_waiting(1).await;

    let live = until_one_says_that_it_waits(&world).await;
    let [runs, waits] = &live[..] else {
        panic!("{live:?}")
    };
    for live in [runs, waits] {
        assert_eq!(
            (live.user, live.endpoint),
            (Some(UserId(1)), Endpoint::GenerateImage)
        );
        assert_eq!(
            (&*live.upstream, live.model.as_deref()),
            ("novelai", Some("nai-diffusion-4-5-full"))
        );
    }
    let LiveStage::Running {
        attempt,
        pool_key,
        node,
        ..
    } = &runs.stage
    else {
        panic!("{runs:?}");
    };
    assert_eq!(
        (*attempt, *pool_key, node.is_some()),
        (1, Some(PoolKeyId(1)), true)
    );
    assert!(matches!(waits.stage, LiveStage::Waiting { place: Some(1), .. }));

    let (line, total) = world.edge.queue("novelai", 10).expect("a queue");
    let [one] = &line[..] else { panic!("{line:?}") };
    assert_eq!(
        (total, one.request, one.user),
        (1, Some(waits.request), Some(UserId(1)))
    );
    assert!(world.edge.queue("nothing", 10).is_none());

    assert_eq!(world.edge.live_requests(Some(UserId(1)), 10).len(), 2);
    assert_eq!(world.edge.live_requests(Some(UserId(2)), 10), []);
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    assert_eq!(second.await.unwrap().status(), 200);
    world.idle().await;
    assert_eq!(world.edge.live_requests(None, 10), []);
}
