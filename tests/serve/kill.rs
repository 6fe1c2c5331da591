//! A relay that is killed between two generations: what was spent by then stays spent.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::{image_request, outcome, post};

/// Its accounts are looked at by nobody, so that only what was booked can say no.
const UNPROBED: &str = "--set probe.enabled=false";

/// An image that costs Anlas on every account.
fn dear() -> Value {
    let mut request = image_request();
    request["parameters"]["steps"] = json!(40);
    request
}

async fn dear_outcome(relay: &Relay, key: &str) -> (u16, String) {
    let answer = post(relay, "/v1/novelai/ai/generate-image", key, &dear()).await;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.expect("a body");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

/// Anlas that are booked on a key today.
async fn booked(installation: &Installation, command: &str) -> u64 {
    let shown = installation.run(&format!("{command} --json")).await.ok().json();
    let key = shown.get("key").unwrap_or(&shown);
    key["spent_today"]["anlas"].as_u64().expect("a sum")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_two_generations_does_not_reset_what_may_be_spent_on_a_day() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let (client, key) = installation.client_key().await;
    let pool_key = installation.pool_keys("novelai").await[0];
    let show = format!("pool show {pool_key}");

    let relay = Relay::start_with(&installation, UNPROBED).await;
    assert_eq!(dear_outcome(&relay, &key).await, outcome(200, ""));
    while booked(&installation, &show).await == 0 {
        tokio::task::yield_now().await;
    }
    let cost = booked(&installation, &show).await;
    relay.signal(Signal::SIGKILL);
    relay.end().await;

    assert_eq!(booked(&installation, &show).await, cost);
    assert_eq!(booked(&installation, &format!("keys show {client}")).await, cost);
    let caps = format!("pool caps {pool_key} --anlas-per-day {}", 2 * cost - 1);
    installation.run(&caps).await.ok();
    let relay = Relay::start_with(&installation, UNPROBED).await;
    assert_eq!(dear_outcome(&relay, &key).await, outcome(402, "unaffordable"));
    // One Anlas more, and it is enough.
    installation
        .run(&format!("pool caps {pool_key} --anlas-per-day {}", 2 * cost))
        .await
        .ok();
    assert_eq!(dear_outcome(&relay, &key).await, outcome(200, ""));
    relay.stop().await;
    assert_eq!(booked(&installation, &show).await, 2 * cost);
}
