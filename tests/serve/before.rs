//! A relay that is killed knows at its next start what was before, even what its database never heard of.

use nix::sys::signal::Signal;
use potluck::clock::Clock;
use potluck_filters::window::SPAN;
use serde_json::{Value, json};

use crate::database::Database;
use crate::installation::{Installation, world};
use crate::metrics::{told, value};
use crate::relay::Relay;
use crate::requests::{chat_outcome, image_request, outcome, post};

/// Waits until so many requests of this process are safe on disk.
async fn until_written(relay: &Relay, requests: f64) {
    while value(&told(relay).await, "potluck_usage_written_total") < Some(requests) {}
}

async fn killed(relay: Relay) {
    relay.signal(Signal::SIGKILL);
    relay.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_gives_nobody_fresh_requests_and_counts_none_twice() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    for _ in 0..3 {
        if restarts_within_a_minute(&installation).await {
            return;
        }
    }
    panic!("this machine does not start a relay three times in a minute");
}

/// Whether all of it lay in the minute that the limit is of; what came later says nothing.
async fn restarts_within_a_minute(installation: &Installation) -> bool {
    let made = installation.run("keys create --rate-limit 4 --json").await.ok();
    let made = made.json();
    let key = made["text"].as_str().expect("a text");
    let clock = Clock::default();
    let began = clock.now();
    three_before_a_kill(installation, key).await;
    let outcomes = [
        two_in_a_life(installation, key).await,
        two_in_a_life(installation, key).await,
    ];
    let in_time = clock.now().since(began) < SPAN;
    let refused = || outcome(429, "rate_limited");
    if in_time {
        assert_eq!(outcomes, [[outcome(200, ""), refused()], [refused(), refused()]]);
    }
    in_time
}

/// Two of which the database has heard, and one of which it has not.
async fn three_before_a_kill(installation: &Installation, key: &str) {
    let mut database = Database::file(installation);
    let relay = Relay::start(installation).await;
    for _ in 0..2 {
        assert_eq!(chat_outcome(&relay, key).await, outcome(200, ""));
    }
    while value(&told(&relay).await, "potluck_usage_sent_total") < Some(2.0) {}
    database.go().await;
    assert_eq!(chat_outcome(&relay, key).await, outcome(200, ""));
    until_written(&relay, 3.0).await;
    killed(relay).await;
    database.come_back().await;
}

async fn two_in_a_life(installation: &Installation, key: &str) -> [(u16, String); 2] {
    let relay = Relay::start(installation).await;
    let outcomes = [chat_outcome(&relay, key).await, chat_outcome(&relay, key).await];
    relay.stop().await;
    outcomes
}

/// What is booked on the only pool key today: requests and Anlas.
async fn booked(installation: &Installation, pool_key: i64) -> [u64; 2] {
    let shown = installation
        .run(&format!("pool show {pool_key} --json"))
        .await
        .ok()
        .json();
    let key = shown.get("key").unwrap_or(&shown);
    ["requests", "anlas"].map(|figure| key["spent_today"][figure].as_u64().expect("a sum"))
}

async fn dear(relay: &Relay, key: &str) -> (u16, String) {
    let mut request = image_request();
    request["parameters"]["steps"] = json!(40);
    let answer = post(relay, "/v1/novelai/ai/generate-image", key, &request).await;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.expect("a body");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_spent_while_the_database_was_away_stays_spent_when_the_relay_is_killed() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let (_, key) = installation.client_key().await;
    let pool_key = installation.pool_keys("novelai").await[0];
    let mut database = Database::file(&installation);

    let relay = Relay::start(&installation).await;
    database.go().await;
    assert_eq!(dear(&relay, &key).await, outcome(200, ""));
    until_written(&relay, 1.0).await;
    killed(relay).await;
    database.come_back().await;
    assert_eq!(
        booked(&installation, pool_key).await,
        [0, 0],
        "nobody could book it"
    );

    let relay = Relay::start(&installation).await;
    let [requests, cost] = booked(&installation, pool_key).await;
    assert!(requests == 1 && cost > 0, "{requests} requests, {cost} Anlas");
    let caps = |anlas| format!("pool caps {pool_key} --anlas-per-day {anlas}");
    installation.run(&caps(2 * cost - 1)).await.ok();
    assert_eq!(dear(&relay, &key).await, outcome(402, "unaffordable"));
    installation.run(&caps(2 * cost)).await.ok();
    assert_eq!(dear(&relay, &key).await, outcome(200, ""));
    relay.stop().await;
    // Once more, with all of it in the books: they tell the same, and nothing comes twice.
    let relay = Relay::start(&installation).await;
    assert_eq!(booked(&installation, pool_key).await, [2, 2 * cost]);
    assert_eq!(dear(&relay, &key).await, outcome(402, "unaffordable"));
    relay.stop().await;
}
