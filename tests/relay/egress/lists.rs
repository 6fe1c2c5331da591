//! Who leaves through what: lists of upstreams and of pool keys, changed while the relay runs.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use potluck_fakes::node::NodeFake;
use potluck_filters::egress::Egress;
use potluck_filters::id::OutboundProxyId;
use potluck_filters::model::ProxyLogin;
use potluck_filters::secret::Secret;
use potluck_filters::snapshot::PoolKeyChange;

use super::real::RealProxy;
use super::{KINDS, all_of, gpu_through, troubles};
use crate::ask::{refusal, sent};
use crate::world::{World, openai};

async fn ask(world: &World) {
    let answer = sent(world.post("/api/echo").body("x")).await;
    assert_eq!(answer.status(), 200);
    world.idle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_counts_for_the_next_request_and_old_connections_serve_nobody_else() {
    let real = RealProxy::start(KINDS[0]);
    let (proxy, handshakes) = real.counted(1).await;
    let node = NodeFake::start("gpu-1").await.unwrap();
    let world = gpu_through(std::slice::from_ref(&node), &[]).start();
    ask(&world).await;
    assert_eq!(handshakes.load(Ordering::Relaxed), 0, "straight");
    world.leave_through(all_of("gpu", std::slice::from_ref(&proxy)));
    ask(&world).await;
    ask(&world).await;
    assert_eq!(handshakes.load(Ordering::Relaxed), 1);

    // Another login: what was opened with the old one is not used.
    let mut wrong = proxy.clone();
    wrong.login = Some(ProxyLogin::new(Secret::new("nobody"), Secret::new("x")).unwrap());
    world.leave_through(all_of("gpu", &[wrong]));
    assert_eq!(refusal(world.post("/api/echo")).await.1, "upstream_unreachable");
    world.idle().await;
    assert_eq!(troubles(&world, 1)[0], "login-refused");

    // Switched off: as good as down, and nothing leaves straight.
    let mut off = proxy.clone();
    off.enabled = false;
    world.leave_through(all_of("gpu", &[off]));
    assert_eq!(refusal(world.post("/api/echo")).await.1, "upstream_unreachable");

    world.leave_through(all_of("gpu", &[proxy]));
    ask(&world).await;
    let made = handshakes.load(Ordering::Relaxed);
    world.leave_through(Egress::default());
    ask(&world).await;
    assert_eq!(handshakes.load(Ordering::Relaxed), made, "straight again");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_targets_behind_one_proxy_do_not_share_connections() {
    let real = RealProxy::start(KINDS[1]);
    let nodes = [
        NodeFake::start("gpu-1").await.unwrap(),
        NodeFake::start("gpu-2").await.unwrap(),
    ];
    let world = gpu_through(&nodes, &[real.proxy(1)]).start();
    for _ in 0..6 {
        ask(&world).await;
    }
    for node in &nodes {
        assert_eq!((node.server.records.count(), node.server.connections()), (3, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_keys_own_list_wins_over_its_upstreams() {
    let real = [RealProxy::start(KINDS[0]), RealProxy::start(KINDS[1])];
    let (first, by_first) = real[0].counted(1).await;
    let (second, by_second) = real[1].counted(2).await;
    let (_fake, _, mut plan) = openai(1).await;
    plan.egress = all_of("vercel", &[first, second]);
    plan.egress
        .upstreams
        .insert("vercel".into(), [OutboundProxyId(1)].into());
    let key = plan.pool_keys[0].clone();
    let world = plan.start();
    let own = |list: Option<&[i64]>| {
        let list = list.map(|list| list.iter().copied().map(OutboundProxyId).collect::<Arc<[_]>>());
        let mut key = key.clone();
        key.egress = list;
        world.change(vec![], vec![PoolKeyChange::Put(key.into())]);
    };
    let counts = || {
        (
            by_first.load(Ordering::Relaxed),
            by_second.load(Ordering::Relaxed),
        )
    };
    let asked = async || {
        assert_eq!(sent(world.chat(false)).await.status(), 200);
        world.idle().await;
        counts()
    };
    assert_eq!(asked().await, (1, 0), "as its upstream");
    own(Some(&[2]));
    assert_eq!(asked().await, (1, 1), "its own");
    own(Some(&[]));
    assert_eq!(asked().await, (1, 1), "straight, by its own word");
    own(None);
    assert_eq!(
        asked().await,
        (1, 1),
        "as its upstream, on the connection from before"
    );

    // A list of nothing that exists is no leave to go straight.
    own(Some(&[99]));
    assert_eq!(refusal(world.chat(false)).await.1, "upstream_unreachable");
    world.leave_through(Egress::default());
    assert_eq!(refusal(world.chat(false)).await.1, "upstream_unreachable");
}
