//! Proxies that fail: the next one takes over, and nothing leaves straight that may not.

use std::sync::atomic::Ordering;
use std::time::Duration;

use potluck_fakes::node::NodeFake;
use potluck_filters::model::{HttpVersion, Node, Role};

use super::known::proxy;
use super::real::RealProxy;
use super::{KINDS, cooling, gpu_through, troubles};
use crate::address::free_address;
use crate::ask::{refusal, sent};
use crate::world::World;

async fn answered_by(world: &World) -> String {
    let answer = sent(world.post("/api/echo").body("x")).await;
    assert_eq!(answer.status(), 200);
    answer.headers()["x-fake-node"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_killed_ends_its_streams_cleanly_and_the_next_one_takes_over() {
    for (first, second) in [(KINDS[0], KINDS[1]), (KINDS[1], KINDS[0])] {
        let (mut dies, lives) = (RealProxy::start(first), RealProxy::start(second));
        let (other, handshakes) = lives.counted(2).await;
        let node = NodeFake::start("gpu-1").await.unwrap();
        let mut plan = gpu_through(std::slice::from_ref(&node), &[dies.proxy(1), other]);
        // Both take turns; the stream is to leave through the first.
        plan.egress
            .upstreams
            .insert("gpu".into(), [1].map(potluck_filters::id::OutboundProxyId).into());
        let both = super::all_of(
            "gpu",
            &[
                dies.proxy(1),
                plan.egress.proxies.values().nth(1).unwrap().clone(),
            ],
        );
        let world = plan.start();
        node.pace.step();
        let mut stream = sent(world.get("/api/stream?events=5")).await;
        node.pace.release(1);
        assert!(stream.chunk().await.unwrap().is_some(), "the stream runs");
        assert_eq!(handshakes.load(Ordering::Relaxed), 0);
        world.leave_through(both);

        dies.kill();
        let mut rest = Vec::new();
        let ended = loop {
            match stream.chunk().await {
                Ok(Some(piece)) => rest.extend_from_slice(&piece),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        let told = String::from_utf8_lossy(&rest).contains("upstream_broken");
        assert!(
            !ended || told,
            "{first:?}: the client can tell that the stream was cut"
        );
        world.idle().await;
        assert_eq!(world.leases(), 0, "{first:?}");

        node.pace.set_interval(Duration::ZERO);
        for _ in 0..6 {
            assert_eq!(
                answered_by(&world).await,
                "gpu-1",
                "{first:?}: each within one request"
            );
            world.idle().await;
        }
        assert_eq!(
            handshakes.load(Ordering::Relaxed),
            1,
            "{first:?}: the other's connection is used again"
        );
        assert_eq!(troubles(&world, 1)[0], "unreachable");
        assert_eq!(
            world.edge.report()["upstreams"]["gpu"]["nodes"][0]["cooling"],
            false
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_fails_again_and_again_is_left_alone_for_a_while() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let lives = RealProxy::start(KINDS[0]);
    let dead = proxy(1, KINDS[1], free_address());
    let mut plan = gpu_through(std::slice::from_ref(&node), &[dead, lives.proxy(2)]);
    plan.layout.upstreams[0].egress.failures = 2;
    let world = plan.start();
    for _ in 0..8 {
        answered_by(&world).await;
        world.idle().await;
    }
    assert!(cooling(&world, 1));
    assert_eq!(troubles(&world, 1), ["unreachable"; 2], "and no third time");
    assert_eq!(troubles(&world, 2), [""], "one connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_all_down_nothing_leaves_straight_unless_that_is_allowed() {
    for allowed in [false, true] {
        let node = NodeFake::start("gpu-1").await.unwrap();
        let dead = [
            proxy(1, KINDS[0], free_address()),
            proxy(2, KINDS[1], free_address()),
        ];
        let mut plan = gpu_through(std::slice::from_ref(&node), &dead);
        plan.layout.upstreams[0].egress.direct_when_down = allowed;
        plan.layout.upstreams[0].bodies.replay = 1024;
        let world = plan.start();
        // Kept whole, and streamed past: both ways.
        for body in ["x".to_owned(), "x".repeat(100_000)] {
            for _ in 0..4 {
                if allowed {
                    let answer = sent(world.post("/api/echo").body(body.clone())).await;
                    assert_eq!(answer.status(), 200);
                } else {
                    let told = refusal(world.post("/api/echo").body(body.clone())).await;
                    assert_eq!(told, (502, "upstream_unreachable".to_owned()));
                }
                world.idle().await;
            }
        }
        assert_eq!(node.server.records.count(), if allowed { 8 } else { 0 });
        assert_eq!(node.server.connections() > 0, allowed, "not even a connection");
        assert!(cooling(&world, 1) && cooling(&world, 2));
        assert_eq!(world.leases(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_way_is_tried_though_it_rests() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let dead = proxy(1, KINDS[0], free_address());
    let mut plan = gpu_through(std::slice::from_ref(&node), &[dead]);
    plan.layout.upstreams[0].egress.failures = 1;
    let world = plan.start();
    assert_eq!(refusal(world.post("/api/echo")).await.0, 502);
    assert!(cooling(&world, 1));
    assert_eq!(refusal(world.post("/api/echo")).await.0, 502);
    assert_eq!(
        troubles(&world, 1),
        ["unreachable"; 2],
        "it was asked while it rested"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_no_proxy_reaches_is_the_targets_fault_and_another_node_serves() {
    let well = NodeFake::start("well").await.unwrap();
    let proxies = KINDS.map(RealProxy::start);
    let list = [proxies[0].proxy(1), proxies[1].proxy(2)];
    let mut plan = gpu_through(std::slice::from_ref(&well), &list);
    plan.layout.upstreams[0].egress.failures = 1;
    let dead = Node {
        name: "dead".into(),
        role: Role::Any,
        base: format!("http://{}", free_address()).parse().unwrap(),
        http: HttpVersion::Auto,
    };
    plan.layout.upstreams[0].nodes.insert(0, dead);
    let world = plan.start();
    for _ in 0..3 {
        assert_eq!(answered_by(&world).await, "well");
        world.idle().await;
    }
    assert!(!cooling(&world, 1) && !cooling(&world, 2), "no proxy rests");
    let nodes = &world.edge.report()["upstreams"]["gpu"]["nodes"];
    assert_eq!(
        (&nodes[0]["cooling"], &nodes[1]["cooling"]),
        (&true.into(), &false.into())
    );
}
