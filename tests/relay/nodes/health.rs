//! Checks: who is let in and out by them, and what they say.

use std::sync::Arc;
use std::time::Duration;

use potluck_fakes::fault::Fault;
use potluck_fakes::node::{NodeFake, NodeOptions};
use potluck_fakes::server::TestCa;
use potluck_filters::health::{Condition, HealthSettings};
use tokio::task::JoinHandle;

use super::{fakes, next, report};
use crate::ask::sent;
use crate::world::{World, gpu, openai};

/// Checks often, so that nobody waits long; nothing here depends on how often.
fn often() -> HealthSettings {
    HealthSettings {
        enabled: true,
        path: Some("/health".into()),
        interval: Duration::from_millis(20),
        timeout: Duration::from_secs(10),
        unhealthy_after: 2,
        healthy_after: 2,
        slow_start: Duration::ZERO,
        ..HealthSettings::default()
    }
}

fn checking(world: &World) -> JoinHandle<()> {
    let edge = Arc::clone(&world.edge);
    tokio::spawn(async move { edge.keep_checking().await })
}

async fn until(world: &World, name: &str, condition: Condition) {
    while report(world, name).is_none_or(|node| node.health != condition) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_left_out_while_its_checks_fail_and_let_back_in_when_they_succeed() {
    let nodes = fakes(&["a", "b"]).await;
    let mut plan = gpu(&nodes);
    plan.layout.upstreams[0].health = often();
    let world = plan.start();
    let checks = checking(&world);
    until(&world, "a", Condition::Healthy).await;
    nodes[0].set_healthy(false);
    until(&world, "a", Condition::Unhealthy).await;
    for _ in 0..4 {
        assert_eq!(next(&world).await, "b");
    }
    let said = report(&world, "a").unwrap().last_check.unwrap();
    assert_eq!((said.ok, said.status), (false, Some(503)));
    nodes[0].set_healthy(true);
    until(&world, "a", Condition::Healthy).await;
    let mut both = [next(&world).await, next(&world).await];
    both.sort();
    assert_eq!(both, ["a", "b"]);
    // With both ill, both are used: the checks are not to be believed.
    nodes.iter().for_each(|node| node.set_healthy(false));
    until(&world, "a", Condition::Unhealthy).await;
    until(&world, "b", Condition::Unhealthy).await;
    let mut both = [next(&world).await, next(&world).await];
    both.sort();
    assert_eq!(both, ["a", "b"]);
    checks.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_on_demand_says_what_it_found() {
    for (path, expect_body, status, error) in [
        (Some("/health"), None, Some(200), None),
        (Some("/health"), Some("\"healthy\":true"), Some(200), None),
        (
            Some("/health"),
            Some("no such text"),
            Some(200),
            Some("the body does not contain the expected text"),
        ),
        (
            Some("/api/status/302"),
            None,
            Some(302),
            Some("status 302 is not an expected one"),
        ),
        (None, None, None, None),
    ] {
        let nodes = fakes(&["a", "b"]).await;
        let mut plan = gpu(&nodes);
        plan.layout.upstreams[0].health = HealthSettings {
            enabled: false,
            path: path.map(Into::into),
            expect_body: expect_body.map(Into::into),
            ..often()
        };
        let world = plan.start();
        assert!(report(&world, "a").unwrap().last_check.is_none());
        let checked = world.edge.check_node("gpu", "a").await.unwrap();
        let said = checked.last_check.unwrap();
        assert_eq!((said.ok, said.status), (error.is_none(), status), "{path:?}");
        assert_eq!(said.error.as_deref(), error);
        assert_eq!(
            checked.latency_ms.is_some(),
            error.is_none(),
            "latency is learned from checks"
        );
        assert_eq!(nodes[0].server.connections(), 1);
        assert_eq!(nodes[0].server.records.count(), usize::from(path.is_some()));
        assert_eq!(nodes[1].server.connections(), 0);
        assert!(world.edge.check_node("gpu", "z").await.is_none());
        assert!(world.edge.check_node("elsewhere", "a").await.is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_gets_no_answer_says_why() {
    let mut nodes = fakes(&["a", "b"]).await;
    let within = |timeout: Duration| {
        let mut plan = gpu(&nodes);
        plan.layout.upstreams[0].health = HealthSettings { timeout, ..often() };
        plan.start()
    };
    let (hurried, patient) = (within(Duration::from_secs(1)), within(often().timeout));
    let error = async |world: &World, name| {
        let report = world.edge.check_node("gpu", name).await.unwrap();
        report.last_check.unwrap().error.unwrap()
    };
    let faults = &nodes[0].server.faults;
    faults.push("/health", Fault::HangBeforeHeaders, 1);
    assert_eq!(error(&hurried, "a").await, "no answer in time");
    faults.push("/health", Fault::Reset, 1);
    assert_eq!(error(&patient, "a").await, "the answer broke off");
    nodes.remove(1).server.stop().await;
    assert_eq!(error(&patient, "b").await, "no connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_speaks_as_the_traffic_does_and_carries_no_key() {
    let ca = TestCa::generate().unwrap();
    let options = NodeOptions {
        tls: Some(ca.clone()),
        ..NodeOptions::named("a")
    };
    let node = NodeFake::start_with(options).await.unwrap();
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.layout.upstreams[0].ca_pem = Some(ca.pem().into());
    plan.layout.upstreams[0].health = often();
    let world = plan.start();
    for _ in 0..2 {
        let said = world
            .edge
            .check_node("gpu", "a")
            .await
            .unwrap()
            .last_check
            .unwrap();
        assert_eq!((said.ok, said.error), (true, None));
    }
    assert_eq!(node.server.connections(), 2, "each on a connection of its own");
    assert_eq!(node.server.records.all()[0].version, http::Version::HTTP_2);
    // Another authority is not trusted.
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.layout.upstreams[0].ca_pem = Some(TestCa::generate().unwrap().pem().into());
    plan.layout.upstreams[0].health = often();
    let said = plan.start().edge.check_node("gpu", "a").await.unwrap();
    let error = said.last_check.unwrap().error.unwrap();
    assert!(error.starts_with("TLS failed"), "{error}");

    let (fake, _, mut plan) = openai(1).await;
    plan.layout.upstreams[0].health = HealthSettings {
        path: Some("/v1/models".into()),
        expect_status: vec![401..=401],
        ..often()
    };
    let world = plan.start();
    let said = world.edge.check_node("vercel", "main").await.unwrap();
    assert_eq!(said.health, Condition::Healthy);
    let asked = &fake.server.records.all()[0];
    assert_eq!((asked.path(), &*asked.credential), ("/v1/models", ""));
    assert_eq!(asked.header("authorization"), None);
    assert_eq!(sent(world.chat(false)).await.status(), 200);
}
