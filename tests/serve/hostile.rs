//! URLs that lead inside, against a whole relay: none is taken, and nothing is connected to.

use potluck_fakes::fault::{ANY, Fault};
use serde_json::json;
use tokio::net::TcpListener;

use crate::api::Api;
use crate::installation::{Installation, world};
use crate::nodes::{Member, NODES, nodes};
use crate::relay::Relay;

#[path = "../../filters/src/node_url/tests/hostile.rs"]
mod table;

/// Whoever connects to it is counted by the system's own queue: nobody accepts.
async fn trap() -> (TcpListener, u16) {
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

/// Whether somebody connected.
async fn is_sprung(trap: &TcpListener) -> bool {
    tokio::select! {
        biased;
        accepted = trap.accept() => accepted.is_ok(),
        () = tokio::task::yield_now() => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_url_is_taken_over_the_api_and_none_is_connected_to() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let api = Api::of(&installation, &relay);
    let member = Member::of(&installation, &relay).await;
    let (trap, port) = trap().await;
    for (at, (url, why)) in table::HOSTILE.iter().enumerate() {
        let url = url.replace("PORT", &port.to_string());
        let body = json!({ "name": format!("hostile-{at}"), "url": url });
        let (status, problem) = api.post(NODES, &body).await;
        assert_eq!(
            (status, &problem["code"]),
            (422, &json!("invalid_field")),
            "{url}"
        );
        let detail = problem["detail"].as_str().expect("words");
        assert!(
            detail.starts_with("url: ") && detail.contains(why),
            "{url}: {detail}"
        );
    }
    assert_eq!(nodes(&api).await.len(), world.nodes.len());
    assert_eq!(member.echo().await.0, 200);
    assert!(!is_sprung(&trap).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_request_nor_a_check_follows_a_redirect() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let api = Api::of(&installation, &relay);
    let member = Member::of(&installation, &relay).await;
    let (trap, port) = trap().await;
    let location = format!("http://127.0.0.1:{port}/latest/meta-data");
    for node in &world.nodes {
        let redirect = Fault::text(302, "").with_header("location", &location);
        node.server.faults.push(ANY, redirect, usize::MAX);
        let (status, _) = member.echo().await;
        assert_eq!(status, 302);
        let (status, checked) = api
            .post(&format!("{NODES}/{}/check", node.name), &json!({}))
            .await;
        assert_eq!(status, 200, "{checked}");
    }
    assert!(!is_sprung(&trap).await);
}
