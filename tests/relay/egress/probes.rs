//! Probes: a proxy's troubles are known before a request meets them, and so is their end.

use std::time::Duration;

use potluck_fakes::node::NodeFake;
use potluck_filters::egress::{ProxyHealth, Trouble};
use potluck_filters::id::OutboundProxyId;

use super::known::proxy;
use super::real::RealProxy;
use super::{KINDS, cooling, gpu_through, report, troubles};
use crate::address::free_address;
use crate::ask::sent;

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_opens_a_way_to_the_first_node_and_sends_nothing_on_it() {
    for kind in KINDS {
        let real = RealProxy::start(kind);
        let node = NodeFake::start("gpu-1").await.unwrap();
        let dead = proxy(2, kind, free_address());
        let mut plan = gpu_through(std::slice::from_ref(&node), &[real.proxy(1), dead]);
        plan.layout.upstreams[0].egress.failures = 1;
        let world = plan.start();
        world.edge.probe_proxies().await;
        assert_eq!(
            report(&world, 1).upstreams[0].health,
            ProxyHealth::Healthy,
            "{kind:?}"
        );
        assert!(cooling(&world, 2), "{kind:?}: without a single request");
        assert_eq!(
            (troubles(&world, 1), troubles(&world, 2)),
            (vec![String::new()], vec!["unreachable".to_owned()])
        );
        assert_eq!(node.server.records.count(), 0);
        world.edge.probe_proxies().await;
        assert_eq!(troubles(&world, 1).len(), 1, "not due yet");
        assert_eq!(sent(world.post("/api/echo").body("x")).await.status(), 200);
        assert_eq!(troubles(&world, 2).len(), 1, "no request had to find out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_by_hand_says_what_was_found_and_ends_a_rest() {
    let mut real = RealProxy::start(KINDS[0]);
    let node = NodeFake::start("gpu-1").await.unwrap();
    let known = real.proxy(1);
    let mut plan = gpu_through(std::slice::from_ref(&node), std::slice::from_ref(&known));
    plan.layout.upstreams[0].egress.failures = 1;
    let world = plan.start();
    let check = async || {
        world
            .edge
            .check_proxy(OutboundProxyId(1))
            .await
            .unwrap()
            .remove(0)
    };
    let found = check().await;
    assert_eq!((found.upstream.as_str(), found.why), ("gpu", None));
    real.kill();
    assert_eq!(check().await.why, Some(Trouble::Unreachable));
    assert!(cooling(&world, 1));
    // Somebody answers there again.
    super::scripted::socks5_on(real.address, node.server.addr).await;
    assert_eq!(check().await.why, None);
    assert!(!cooling(&world, 1));
    assert_eq!(world.edge.check_proxy(OutboundProxyId(9)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_may_fetch_a_url_and_any_answer_below_400_is_well() {
    let real = RealProxy::start(KINDS[1]);
    let (node, page) = (
        NodeFake::start("gpu-1").await.unwrap(),
        NodeFake::start("page").await.unwrap(),
    );
    for (path, found) in [
        ("/health", None),
        ("/api/status/403", Some(Trouble::ProbeRefused)),
    ] {
        let mut plan = gpu_through(std::slice::from_ref(&node), &[real.proxy(1)]);
        let url = format!("{}{path}", page.server.url());
        plan.layout.upstreams[0].egress.probe_url = Some(url.parse().unwrap());
        plan.layout.upstreams[0].timeouts.connect = Duration::from_secs(5);
        let world = plan.start();
        let probed = world.edge.check_proxy(OutboundProxyId(1)).await.unwrap();
        assert_eq!(probed[0].why, found, "{path}");
        let record = page.server.records.all().pop().unwrap();
        assert_eq!(
            (record.target.as_str(), record.header("authorization")),
            (path, None)
        );
    }
    assert_eq!(node.server.connections(), 0);
}
