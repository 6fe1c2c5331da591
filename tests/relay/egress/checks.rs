//! Checks of nodes leave as requests do.

use potluck_fakes::node::NodeFake;
use potluck_filters::health::{Condition, HealthSettings};

use super::known::proxy;
use super::real::RealProxy;
use super::{KINDS, gpu_through};
use crate::address::free_address;

#[tokio::test(flavor = "multi_thread")]
async fn a_check_goes_through_the_proxies_and_their_troubles_are_not_the_node_s() {
    for kind in KINDS {
        let real = RealProxy::start(kind);
        let (counted, handshakes) = real.counted(1).await;
        let node = NodeFake::start("gpu-1").await.unwrap();
        let dead = proxy(2, kind, free_address());
        let health = HealthSettings {
            path: Some("/health".into()),
            unhealthy_after: 1,
            ..HealthSettings::default()
        };
        let mut plan = gpu_through(std::slice::from_ref(&node), &[dead.clone(), counted]);
        plan.layout.upstreams[0].health = health.clone();
        let world = plan.start();
        let checked = world.edge.check_node("gpu", "gpu-1").await.unwrap();
        assert_eq!(checked.health, Condition::Healthy, "{checked:?}");
        assert_eq!(handshakes.load(std::sync::atomic::Ordering::Relaxed), 1);

        // Nothing opens a way, and straight is not allowed.
        let asked = node.server.connections();
        let mut plan = gpu_through(std::slice::from_ref(&node), &[dead]);
        plan.layout.upstreams[0].health = health;
        let world = plan.start();
        let checked = world.edge.check_node("gpu", "gpu-1").await.unwrap();
        let said = checked.last_check.unwrap();
        assert_eq!(
            said.error.as_deref(),
            Some("no outbound proxy opened a way"),
            "{kind:?}"
        );
        assert_eq!(checked.health, Condition::Unknown);
        assert_eq!(node.server.connections(), asked);
    }
}
