//! Answers as they come: nothing held back, nothing changed, and a break that shows.

use std::time::Duration;

use bytes::Bytes;
use potluck_fakes::fault::Fault;
use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

use crate::ask::{chat_request, image_stream_request, is_seen_to_break, sent};
use crate::raw::{connect, head, read_answer, read_head};
use crate::world::{CLIENT_KEY, World, client, gpu, novelai, openai};

/// Long past anything that works.
const HUNG: Duration = Duration::from_secs(20);

fn h2c() -> Client {
    Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap()
}

async fn chunk(answer: &mut Response) -> Bytes {
    tokio::time::timeout(HUNG, answer.chunk())
        .await
        .expect("held back")
        .unwrap()
        .expect("ended early")
}

async fn node() -> (NodeFake, World) {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let world = gpu(std::slice::from_ref(&node)).start();
    (node, world)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_arrives_before_the_next_is_made() {
    for client in [client(), h2c()] {
        let (fake, _, plan) = openai(1).await;
        let world = plan.start();
        fake.pace.step();
        let url = world.url("/v1/chat/completions");
        let request = client.post(url).bearer_auth(CLIENT_KEY).json(&chat_request(true));
        let mut answer = sent(request).await;
        for _ in 0..5 {
            fake.pace.release(1);
            let event = chunk(&mut answer).await;
            assert!(
                event.starts_with(b"data: ") && event.ends_with(b"\n\n"),
                "{event:?}"
            );
        }
        fake.pace.set_interval(Duration::ZERO);
        assert!(answer.text().await.unwrap().ends_with("data: [DONE]\n\n"));
        world.idle().await;
        assert_eq!(world.leases(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn novelais_frames_and_events_pass_byte_for_byte() {
    for stream in ["msgpack", "sse"] {
        // Two fakes with the same past give the same answer.
        let (direct, relayed) = (
            novelai(1, Settings::default()).await,
            novelai(1, Settings::default()).await,
        );
        let ask = |request: RequestBuilder| async {
            request.json(&image_stream_request(stream)).send().await.unwrap()
        };
        let url = format!("{}/ai/generate-image-stream", direct.server.url());
        let expected = ask(client().post(url).bearer_auth(&direct.tokens[0])).await;
        let world = relayed.plan().start();
        let answer = ask(world.post("/ai/generate-image-stream")).await;
        assert_eq!(
            answer.headers()["content-type"],
            expected.headers()["content-type"]
        );
        assert_eq!(
            answer.bytes().await.unwrap(),
            expected.bytes().await.unwrap(),
            "{stream}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_arrive_while_the_image_is_still_made() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    upstream.fake.hold();
    let request = world
        .post("/ai/generate-image-stream")
        .json(&image_stream_request("sse"));
    let mut answer = sent(request).await;
    assert!(chunk(&mut answer).await.starts_with(b"event: intermediate\n"));
    upstream.fake.release();
    assert!(answer.text().await.unwrap().contains("event: final\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_event_stream_ends_with_an_error_event() {
    let (fake, keys, plan) = openai(1).await;
    let world = plan.start();
    for fault in [Fault::Truncate { after: 700 }, Fault::ResetMidBody { after: 700 }] {
        fake.server.faults.push(&keys[0], fault, 1);
        let text = sent(world.chat(true)).await.text().await.unwrap();
        let last = text.trim_end().rsplit("\n\n").next().unwrap();
        let data = last.strip_prefix("event: error\ndata: ").expect("an error event");
        assert_eq!(
            serde_json::from_str::<Value>(data).unwrap()["error"]["code"],
            "upstream_broken"
        );
        assert!(!text.contains("[DONE]"));
    }
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    upstream
        .server
        .faults
        .push("*", Fault::Truncate { after: 700 }, 1);
    let request = world
        .post("/ai/generate-image-stream")
        .json(&image_stream_request("sse"));
    assert!(
        sent(request)
            .await
            .text()
            .await
            .unwrap()
            .contains("\n\nevent: error\ndata: {\"event_type\":\"error\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_answer_of_another_kind_is_seen_to_be_broken() {
    for client in [client(), h2c()] {
        let (node, world) = node().await;
        for path in ["/api/big?bytes=300000", "/api/chunked?events=50&bytes=5000"] {
            for fault in [
                Fault::Truncate { after: 100_000 },
                Fault::ResetMidBody { after: 100_000 },
            ] {
                node.server.faults.push("*", fault, 1);
                let request = client.get(world.url(path)).bearer_auth(CLIENT_KEY);
                assert!(is_seen_to_break(request).await, "{path}");
            }
        }
        world.idle().await;
        assert_eq!(world.leases(), 0);
    }
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    upstream.server.faults.push("*", Fault::Truncate { after: 50 }, 1);
    assert!(is_seen_to_break(world.image()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_before_its_first_byte_is_said_to_be_broken() {
    let (node, world) = node().await;
    node.server.faults.push("*", Fault::Truncate { after: 0 }, 1);
    assert!(is_seen_to_break(world.get("/api/big?bytes=1000")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_come_of_a_slow_answer_with_a_length_is_not_held_back() {
    for client in [client(), h2c()] {
        let (node, world) = node().await;
        node.server.faults.push("*", Fault::HangMidBody { after: 100 }, 1);
        let request = client
            .get(world.url("/api/big?bytes=5000"))
            .bearer_auth(CLIENT_KEY);
        let mut answer = tokio::time::timeout(HUNG, sent(request))
            .await
            .expect("the head is held back");
        assert_eq!(answer.headers()["content-length"], "5000");
        assert_eq!(chunk(&mut answer).await.len(), 100);
        node.server.faults.release();
        assert_eq!(answer.bytes().await.unwrap().len(), 4900);
    }
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    upstream
        .server
        .faults
        .push("*", Fault::HangMidBody { after: 100 }, 1);
    let mut answer = tokio::time::timeout(HUNG, sent(world.image()))
        .await
        .expect("the head is held back");
    assert_eq!(chunk(&mut answer).await.len(), 100);
    upstream.server.faults.release();
    answer.bytes().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_download_is_whole() {
    let (_node, world) = node().await;
    for client in [client(), h2c()] {
        let request = client
            .get(world.url("/api/big?bytes=52428800"))
            .bearer_auth(CLIENT_KEY);
        let mut answer = sent(request).await;
        let mut offset = 0_usize;
        while let Some(piece) = answer.chunk().await.unwrap() {
            assert!(
                piece
                    .iter()
                    .zip(offset..)
                    .all(|(byte, at)| usize::from(*byte) == at % 251),
                "at {offset}"
            );
            offset += piece.len();
        }
        assert_eq!(offset, 52_428_800);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_pass_in_both_directions() {
    let (node, world) = node().await;
    let pieces: Vec<_> = (0..20_u8)
        .map(|n| Ok::<_, std::io::Error>(vec![n; 3000]))
        .collect();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let echo: Value = sent(world.post("/api/echo").body(body))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(echo["body_bytes"], 60_000);
    let answer = sent(world.get("/api/chunked?events=7&bytes=900")).await;
    assert_eq!(answer.headers()["transfer-encoding"], "chunked");
    assert_eq!(answer.bytes().await.unwrap().len(), 6300);
    assert_eq!(node.server.records.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_body_leave_the_connection_usable() {
    let (node, world) = node().await;
    let mut socket = connect(&world).await;
    for (method, target, lines, status) in [
        ("HEAD", "/api/big?bytes=1000", "", 200),
        ("GET", "/api/status/204", "", 204),
        ("GET", "/api/file", "if-none-match: \"fake-file-1\"\r\n", 304),
        ("HEAD", "/api/status/503", "", 503),
        ("DELETE", "/api/echo", "", 200),
    ] {
        use tokio::io::AsyncWriteExt;
        socket
            .write_all(head(method, target, lines).as_bytes())
            .await
            .unwrap();
        let answer = if method == "DELETE" {
            read_answer(&mut socket).await
        } else {
            read_head(&mut socket).await
        };
        assert_eq!(
            (answer.status, answer.header("connection")),
            (status, Some("keep-alive")),
            "{target}"
        );
        if target.starts_with("/api/big") {
            assert_eq!(answer.header("content-length"), Some("1000"));
        }
    }
    assert_eq!(node.server.records.count(), 5);
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_pass() {
    let (_node, world) = node().await;
    let answer = sent(world.get("/api/file").header("range", "bytes=10-19")).await;
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.headers()["content-range"].to_str().unwrap()
        ),
        (206, "bytes 10-19/262144")
    );
    assert_eq!(
        &answer.bytes().await.unwrap()[..],
        &(10..20).collect::<Vec<u8>>()[..]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_requests_time() {
    let (fake, _, mut plan) = openai(1).await;
    plan.layout.upstreams[0].timeouts.total = Duration::from_secs(2);
    let world = plan.start();
    fake.pace.step();
    fake.pace.release(2);
    let text = sent(world.chat(true)).await.text().await.unwrap();
    assert!(
        text.starts_with("data: ") && text.contains("\n\nevent: error\n"),
        "{text}"
    );
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_http_1_0_gets_an_answer_it_can_read() {
    let (_node, world) = node().await;
    let request =
        format!("GET /api/chunked?events=3&bytes=10 HTTP/1.0\r\nhost: a\r\nx-api-key: {CLIENT_KEY}\r\n\r\n");
    let answer = crate::raw::exchange(&world, request.as_bytes()).await;
    let text = String::from_utf8_lossy(&answer);
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains(" 200 ") && !head.to_ascii_lowercase().contains("transfer-encoding"),
        "{head}"
    );
    assert_eq!(answer.len() - head.len() - 4, 30);
}
