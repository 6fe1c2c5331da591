//! How a relay ends: told to, interrupted, or killed.

use std::time::Duration;

use nix::sys::signal::Signal;
use potluck_fakes::DemoWorld;
use reqwest::Response;

use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::{chat_outcome, chat_request, get, outcome, post, status_of};

/// Well under the time that a stop would wait for requests in flight.
const AT_ONCE: Duration = Duration::from_secs(15);

/// A stream of which the first event has come and no further one will, until it is let go.
async fn halted_stream(world: &DemoWorld, relay: &Relay, key: &str) -> (Response, Vec<u8>) {
    world.openai.pace.step();
    world.openai.pace.release(1);
    let mut stream = post(relay, "/v1/chat/completions", key, &chat_request(true)).await;
    assert_eq!(stream.status(), 200);
    let first = stream.chunk().await.expect("no break").expect("an event");
    (stream, first.to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_told_to_stop_finishes_its_streams_and_ends_at_once_after_them() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let (_, key) = installation.client_key().await;
    let mut relay = Relay::start(&installation).await;
    let (mut stream, mut text) = halted_stream(&world, &relay, &key).await;

    relay.signal(Signal::SIGTERM);
    while status_of(&get(&relay, "/readyz").await) == Some(200) {
        tokio::task::yield_now().await;
    }
    assert!(relay.is_running(), "it did not wait for the stream");
    world.openai.pace.set_interval(Duration::ZERO);
    while let Some(chunk) = stream.chunk().await.expect("the stream to its end") {
        text.extend(chunk);
    }
    let text = String::from_utf8(text).expect("text");
    assert!(
        text.starts_with("data: {") && text.ends_with("data: [DONE]\n\n"),
        "{text}"
    );

    let (status, log) = relay.end_within(AT_ONCE).await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        !installation.path("data/control.sock").exists(),
        "its socket was left"
    );
    assert!(installation.run("status").await.ok().out.contains("not running"));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_relay_drains_no_new_request_is_taken() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let (_, key) = installation.client_key().await;
    let relay = Relay::start(&installation).await;
    let (stream, _) = halted_stream(&world, &relay, &key).await;
    relay.signal(Signal::SIGTERM);
    while status_of(&get(&relay, "/readyz").await) == Some(200) {
        tokio::task::yield_now().await;
    }
    let request = crate::requests::client()
        .post(relay.url("/v1/chat/completions"))
        .bearer_auth(&key);
    let answer = status_of(&request.json(&chat_request(false)).send().await);
    assert!(matches!(answer, None | Some(503)), "{answer:?}");
    assert_eq!(world.openai.server.records.count(), 1, "the upstream was asked");
    drop(stream);
    let (status, log) = relay.end_within(AT_ONCE).await;
    assert_eq!(status.code(), Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_relay_that_is_told_to_stop_ends_at_once() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start(&installation).await;
    relay.signal(Signal::SIGTERM);
    let (status, log) = relay.end_within(AT_ONCE).await;
    assert_eq!(status.code(), Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_relay_ends_at_once_whatever_is_in_flight() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let (_, key) = installation.client_key().await;
    let relay = Relay::start(&installation).await;
    let (mut stream, _) = halted_stream(&world, &relay, &key).await;
    relay.signal(Signal::SIGINT);
    let (status, log) = relay.end_within(AT_ONCE).await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        stream.chunk().await.is_err(),
        "a cut stream must not look complete"
    );
    assert!(
        !installation.path("data/control.sock").exists(),
        "its socket was left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_relay_that_still_waits() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let (_, key) = installation.client_key().await;
    let relay = Relay::start(&installation).await;
    let (_stream, _) = halted_stream(&world, &relay, &key).await;
    relay.signal(Signal::SIGTERM);
    while status_of(&get(&relay, "/readyz").await) == Some(200) {
        tokio::task::yield_now().await;
    }
    relay.signal(Signal::SIGINT);
    relay.end_within(AT_ONCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_relay_has_lost_nothing_that_it_had_confirmed() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let mut relay = Relay::start(&installation).await;
    let mut keys = Vec::new();
    for round in 0..3 {
        if round == 0 {
            installation
                .feed("pool add vercel", &world.openai_keys[0])
                .await
                .ok();
        }
        keys.push(installation.client_key().await.1);
        relay.signal(Signal::SIGKILL);
        let (status, _) = relay.end().await;
        assert!(!status.success());
        relay = Relay::start(&installation).await;
        for key in &keys {
            assert_eq!(chat_outcome(&relay, key).await, outcome(200, ""));
        }
    }
}
