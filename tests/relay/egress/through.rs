//! Through real proxies, everything passes as it does without.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::Version;
use potluck_fakes::node::{NodeFake, NodeOptions};
use potluck_fakes::record::sha256_hex;
use potluck_fakes::server::TestCa;
use potluck_filters::model::HttpVersion;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::real::RealProxy;
use super::scripted::socks5_to;
use super::{KINDS, all_of, gpu_through, report, troubles};
use crate::ask::sent;
use crate::world::{CLIENT_KEY, World};
use potluck_filters::egress::ProxyHealth;

/// So many requests, one after the other.
async fn ask(world: &World, times: usize) {
    for _ in 0..times {
        let answer = sent(world.post("/api/echo").body("hello")).await;
        assert_eq!(answer.status(), 200);
        let echo: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(echo["body_bytes"], 5);
        world.idle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_leave_through_the_proxy_and_its_connection_is_used_again() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let world = gpu_through(std::slice::from_ref(&node), &[]).start();
    for (id, kind) in (1..).zip(KINDS) {
        let real = RealProxy::start(kind);
        let (proxy, handshakes) = real.counted(id).await;
        let (asked, connected) = (node.server.records.count(), node.server.connections());
        world.leave_through(all_of("gpu", &[proxy]));
        ask(&world, 5).await;
        assert_eq!(
            handshakes.load(Ordering::Relaxed),
            1,
            "{kind:?}: one handshake for five requests"
        );
        assert_eq!(node.server.records.count() - asked, 5);
        assert_eq!(node.server.connections() - connected, 1);
        let report = report(&world, id);
        assert_eq!(report.upstreams[0].health, ProxyHealth::Healthy);
        assert_eq!(
            troubles(&world, id),
            [""],
            "{kind:?}: only the connection is an event"
        );
        let proxied = &node.server.records.all()[0];
        let told = proxied
            .headers
            .iter()
            .any(|(name, _)| name.as_str().starts_with("proxy-"));
        assert!(!told, "nothing of the handshake reaches the target");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_and_h2_are_spoken_with_the_target_and_not_with_the_proxy() {
    let ca = TestCa::generate().unwrap();
    let real = KINDS.map(RealProxy::start);
    for (http, seen) in [
        (HttpVersion::Auto, Version::HTTP_2),
        (HttpVersion::H1, Version::HTTP_11),
    ] {
        let options = NodeOptions {
            tls: Some(ca.clone()),
            ..NodeOptions::named("gpu-1")
        };
        let node = NodeFake::start_with(options).await.unwrap();
        let mut plan = gpu_through(std::slice::from_ref(&node), &[]);
        plan.layout.upstreams[0].ca_pem = Some(ca.pem().into());
        plan.layout.upstreams[0].nodes[0].http = http;
        let world = plan.start();
        for (id, real) in (1..).zip(&real) {
            let (proxy, handshakes) = real.counted(id).await;
            world.leave_through(all_of("gpu", &[proxy]));
            ask(&world, 3).await;
            assert_eq!(handshakes.load(Ordering::Relaxed), 1, "{:?} {http:?}", real.kind);
        }
        let records = node.server.records.all();
        assert_eq!(records.len(), 6);
        assert!(records.iter().all(|record| record.version == seen), "{http:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_speaks_first_is_heard_in_full() {
    // h2 with prior knowledge: the server's settings may come with the proxy's own answer.
    let node = NodeFake::start("gpu-1").await.unwrap();
    let mut plan = gpu_through(std::slice::from_ref(&node), &[]);
    plan.layout.upstreams[0].nodes[0].http = HttpVersion::H2;
    let world = plan.start();
    for (id, kind) in (1..).zip(KINDS) {
        let real = RealProxy::start(kind);
        world.leave_through(all_of("gpu", &[real.proxy(id)]));
        ask(&world, 3).await;
    }
    let records = node.server.records.all();
    assert!(records.iter().all(|record| record.version == Version::HTTP_2));
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_stream_past_and_websockets_leave_through_it_too() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let mut plan = gpu_through(std::slice::from_ref(&node), &[]);
    plan.layout.upstreams[0].bodies.replay = 64 * 1024;
    let world = plan.start();
    for (id, kind) in (1..).zip(KINDS) {
        let real = RealProxy::start(kind);
        let (proxy, handshakes) = real.counted(id).await;
        let before = node.server.connections();
        node.server.records.clear();
        world.leave_through(all_of("gpu", &[proxy]));
        let body: Bytes = (0..3 << 20)
            .map(|n: u32| (n % 251) as u8)
            .collect::<Vec<_>>()
            .into();
        let answer = sent(world.post("/api/echo").body(body.clone())).await;
        assert_eq!(answer.status(), 200);
        let record = node.server.records.all().remove(0);
        assert_eq!(record.body_sha256(), sha256_hex(&body), "{kind:?}");

        let mut request = format!("ws://{}/api/ws", world.address)
            .into_client_request()
            .unwrap();
        let bearer = format!("Bearer {CLIENT_KEY}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        for message in [Message::text("hello"), Message::binary(vec![7; 1 << 20])] {
            socket.send(message.clone()).await.unwrap();
            assert_eq!(socket.next().await.unwrap().unwrap(), message);
        }
        socket.close(None).await.unwrap();
        while socket.next().await.is_some_and(|message| message.is_ok()) {}
        world.idle().await;
        assert_eq!(world.leases(), 0);
        let made = handshakes.load(Ordering::Relaxed);
        assert_eq!(
            made,
            node.server.connections() - before,
            "{kind:?}: nothing went straight"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_looks_the_name_up_and_not_the_relay() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let (address, asked) = socks5_to(node.server.addr).await;
    let mut proxy = super::known::proxy(1, KINDS[0], address);
    proxy.login = None;
    let mut plan = gpu_through(std::slice::from_ref(&node), &[proxy]);
    // Reserved by RFC 2606: nobody knows an address for it.
    plan.layout.upstreams[0].nodes[0].base = "http://gpu.invalid:8080".parse().unwrap();
    let world = plan.start();
    ask(&world, 2).await;
    assert_eq!(*asked.lock(), [(3, "gpu.invalid".to_owned())]);
    let record = &node.server.records.all()[0];
    assert_eq!(record.header("host").unwrap(), "gpu.invalid:8080");
}
