//! Heartbeats: in the queue, before an answer, between its events, and when it fails after all.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use potluck_fakes::fault::Fault;
use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use reqwest::Response;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::ask::{chat_request, image_stream_request, sent};
use crate::world::{NovelAiWorld, World, gpu, novelai, openai};

const HUNG: Duration = Duration::from_secs(20);
const COMMENT: &str = ": heartbeat\n\n";

fn settings() -> Value {
    json!([{ "name": "sse-heartbeat", "interval": "20ms" }])
}

/// What comes until `wanted` has come.
async fn until(answer: &mut Response, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        let piece = tokio::time::timeout(HUNG, answer.chunk())
            .await
            .expect("held back")
            .unwrap();
        text.push_str(std::str::from_utf8(&piece.expect("ended early")).unwrap());
    }
    text
}

async fn queued() -> (NovelAiWorld, World) {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().with_plugins(1, &settings()).start();
    (upstream, world)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_the_queue_is_kept_alive_and_gets_its_events_under_the_same_head() {
    let (upstream, world) = queued().await;
    upstream.fake.hold();
    let first = tokio::spawn(sent(
        world
            .post("/v1/novelai/generate-image")
            .json(&crate::ask::image_request()),
    ));
    upstream.accounts[0].until_busy().await;
    let request = world
        .post("/ai/generate-image-stream")
        .json(&image_stream_request("sse"));
    let mut second = sent(request).await;
    assert_eq!(
        (second.status().as_u16(), &second.headers()["content-type"]),
        (200, &"text/event-stream".parse().unwrap())
    );
    let waiting = until(&mut second, &COMMENT.repeat(3)).await;
    assert_eq!(waiting.replace(COMMENT, ""), "", "nothing but comments");
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    let rest = second.text().await.unwrap();
    let events = rest.replace(COMMENT, "");
    assert!(
        events.starts_with("event: ") && events.contains("event: final"),
        "{events}"
    );
    assert!(
        events
            .split_terminator("\n\n")
            .all(|event| event.starts_with("event: ")),
        "{events}"
    );
    world.idle().await;
    assert_eq!((world.leases(), upstream.accounts[0].images()), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_come_between_events_and_never_in_one() {
    let (fake, _, plan) = openai(1).await;
    let world = plan.with_plugins(0, &settings()).start();
    fake.pace.step();
    let mut answer = sent(world.chat(true)).await;
    let mut text = until(&mut answer, COMMENT).await;
    for _ in 0..3 {
        fake.pace.release(1);
        text.push_str(&until(&mut answer, "data: ").await);
        text.push_str(&until(&mut answer, COMMENT).await);
    }
    fake.pace.set_interval(Duration::ZERO);
    text.push_str(&answer.text().await.unwrap());
    for event in text.split_terminator("\n\n") {
        let whole = event == ": heartbeat" || event == "data: [DONE]" || {
            let data = event.strip_prefix("data: ").expect("an event");
            serde_json::from_str::<Value>(data).is_ok()
        };
        assert!(whole, "{event}");
    }
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_comment_is_put_into_half_an_event() {
    let (fake, _, plan) = openai(1).await;
    let world = plan.with_plugins(0, &settings()).start();
    // The rest of the first event hangs for longer than several intervals, until it is released.
    fake.server
        .faults
        .push("/v1/chat/completions", Fault::HangMidBody { after: 30 }, 1);
    let mut answer = sent(world.chat(true)).await;
    let mut text = until(&mut answer, "data: {").await;
    tokio::select! {
        more = answer.chunk() => text.push_str(std::str::from_utf8(&more.unwrap().unwrap()).unwrap()),
        () = tokio::time::sleep(Duration::from_millis(200)) => {}
    }
    fake.server.faults.release();
    text.push_str(&answer.text().await.unwrap());
    let first = text.split("data: ").nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(serde_json::from_str::<Value>(first).is_ok(), "{first}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_after_a_heartbeat_is_an_event_in_the_clients_own_form() {
    let (fake, keys, plan) = openai(1).await;
    let world = plan.with_plugins(0, &settings()).start();
    // The upstream says nothing until it is released, and then that the key is wrong.
    let refused = Fault::Status {
        code: 400,
        content_type: "application/json".to_owned(),
        body: "{\n \"error\": {\"message\": \"no such thing\"}\n}".into(),
        headers: Vec::new(),
    };
    fake.pace.set_work(Duration::from_millis(200));
    fake.server.faults.push(&keys[0], Fault::HangBeforeHeaders, 1);
    let mut answer = sent(world.chat(true)).await;
    assert_eq!(answer.status(), 200);
    until(&mut answer, COMMENT).await;
    fake.server.faults.release();
    assert!(
        answer.text().await.unwrap().ends_with("data: [DONE]\n\n"),
        "it went well after all"
    );

    fake.server.faults.push(&keys[0], Fault::HangBeforeHeaders, 1);
    let mut body = chat_request(true);
    body["model"] = json!("no-such-model");
    let mut answer = sent(world.post("/v1/chat/completions").json(&body)).await;
    until(&mut answer, COMMENT).await;
    fake.server.faults.release();
    let text = answer.text().await.unwrap().replace(COMMENT, "");
    let data = text
        .strip_prefix("event: error\ndata: ")
        .expect("an error event")
        .trim_end();
    let error: Value = serde_json::from_str(data).unwrap();
    assert_eq!(error["error"]["code"], "model_not_found");

    // Without a heartbeat on its way, the same is a plain answer.
    fake.server.faults.push(&keys[0], refused, 1);
    fake.pace.set_work(Duration::ZERO);
    assert_eq!(sent(world.chat(false)).await.status(), 400);
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_ends_in_vain_is_an_event_too() {
    let upstream = novelai(1, Settings::default()).await;
    let mut plan = upstream.plan().with_plugins(1, &settings());
    plan.layout.upstreams[0].queue.max_wait = Duration::from_secs(2);
    let world = plan.start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(
        world
            .post("/v1/novelai/generate-image")
            .json(&crate::ask::image_request()),
    ));
    upstream.accounts[0].until_busy().await;
    let request = world
        .post("/ai/generate-image-stream")
        .json(&image_stream_request("sse"));
    let text = sent(request).await.text().await.unwrap();
    let data = text.replace(COMMENT, "");
    let data = data
        .strip_prefix("event: error\ndata: ")
        .expect("an error event")
        .trim_end();
    let error: Value = serde_json::from_str(data).unwrap();
    assert_eq!(
        (&error["code"], &error["statusCode"]),
        (&json!("pool_busy"), &json!(503))
    );
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_for_no_events_gets_no_comments() {
    let (upstream, world) = queued().await;
    upstream.fake.hold();
    let first = tokio::spawn(sent(
        world
            .post("/v1/novelai/generate-image")
            .json(&crate::ask::image_request()),
    ));
    upstream.accounts[0].until_busy().await;
    let msgpack = world
        .post("/ai/generate-image-stream")
        .json(&image_stream_request("msgpack"));
    let waiting = tokio::spawn(sent(msgpack));
    world.until_waiting(1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished(), "no head has gone out");
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    let answer = waiting.await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/msgpack");
    assert!(!answer.bytes().await.unwrap().starts_with(b":"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_queue_after_a_heartbeat_has_left_it() {
    let (upstream, world) = queued().await;
    upstream.fake.hold();
    let first = tokio::spawn(sent(
        world
            .post("/v1/novelai/generate-image")
            .json(&crate::ask::image_request()),
    ));
    upstream.accounts[0].until_busy().await;
    let h2 = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    for client in [crate::world::client(), h2] {
        let request = client
            .post(world.url("/ai/generate-image-stream"))
            .bearer_auth(crate::world::CLIENT_KEY)
            .json(&image_stream_request("sse"));
        let mut second = sent(request).await;
        until(&mut second, &COMMENT.repeat(2)).await;
        world.until_waiting(1).await;
        drop((second, client));
        world.until_waiting(0).await;
    }
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    world.idle().await;
    assert_eq!((world.leases(), upstream.accounts[0].images()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_that_waits_for_its_handshake_gets_no_comments() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    // The client asks for events, too, as some libraries always do.
    let plan = gpu(std::slice::from_ref(&node)).with_plugins(0, &settings());
    let world = plan.start();
    node.server.faults.push("*", Fault::HangBeforeHeaders, 1);
    let mut request = format!("ws://{}/api/ws", world.address)
        .into_client_request()
        .unwrap();
    let headers = request.headers_mut();
    let key = format!("Bearer {}", crate::world::CLIENT_KEY);
    headers.insert("authorization", key.parse().unwrap());
    headers.insert("accept", "text/event-stream".parse().unwrap());
    let mut dialling = tokio::spawn(connect_async(request));
    let early = tokio::time::timeout(Duration::from_millis(200), &mut dialling).await;
    assert!(early.is_err(), "{early:?}");
    node.server.faults.release();
    let (mut socket, _) = dialling
        .await
        .unwrap()
        .expect("a handshake that nothing has spoiled");
    socket.send(Message::text("x")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("x"));
}
