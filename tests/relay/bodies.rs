//! Bodies: bounded, whole or refused, and no lease is held while they come.

use std::time::Duration;

use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use potluck_fakes::record::sha256_hex;
use potluck_filters::model::{Bodies, Kind, Role};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::ask::{image_request, refusal, sent};
use crate::raw::{connect, head, read_answer, read_head};
use crate::world::{Plan, World, client, gpu, novelai, openai, route, upstream};

const MIB: usize = 1 << 20;

async fn node(bodies: Bodies) -> (NodeFake, Plan) {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.layout.upstreams[0].bodies = bodies;
    (node, plan)
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

fn chunked(body: &[u8]) -> reqwest::Body {
    let pieces: Vec<_> = body
        .chunks(50_000)
        .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
        .collect();
    reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
}

/// Bodies up to so many bytes are kept for another attempt.
const fn kept_up_to(replay: u64) -> Bodies {
    Bodies {
        replay,
        max: 64 << 20,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_past_the_replay_bound_streams_through_whole() {
    let (node, plan) = node(kept_up_to(MIB as u64)).await;
    let world = plan.start();
    let body = pattern(32 * MIB);
    let expected = sha256_hex(&body);
    for with_length in [true, false] {
        let request = world.post("/api/echo").header("content-type", "image/x-raw");
        let request = if with_length {
            request.body(body.clone())
        } else {
            request.body(chunked(&body))
        };
        let echo: Value = sent(request).await.json().await.unwrap();
        assert_eq!(echo["body_sha256"], expected, "{with_length}");
    }
    for record in node.server.records.all() {
        assert_eq!(record.header("content-type"), Some("image/x-raw"));
    }
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_around_the_replay_bound_are_the_same_to_the_byte() {
    let (_node, plan) = node(kept_up_to(100_000)).await;
    let world = plan.start();
    for length in [99_999, 100_000, 100_001, 150_000, 165_536, 200_000] {
        let body = pattern(length);
        for with_length in [true, false] {
            let request = world.post("/api/echo");
            let request = if with_length {
                request.body(body.clone())
            } else {
                request.body(chunked(&body))
            };
            let echo: Value = sent(request).await.json().await.unwrap();
            assert_eq!(echo["body_sha256"], sha256_hex(&body), "{length} {with_length}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_bound_is_413_and_its_sender_sees_it() {
    let (node, plan) = node(Bodies {
        replay: 1_000,
        max: 100_000,
    })
    .await;
    let world = plan.start();
    for with_length in [true, false] {
        let body = pattern(10 * MIB);
        let request = world.post("/api/echo");
        let request = if with_length {
            request.body(body)
        } else {
            request.body(chunked(&body))
        };
        assert_eq!(
            refusal(request).await,
            (413, "body_too_large".to_owned()),
            "{with_length}"
        );
    }
    assert!(
        node.server
            .records
            .all()
            .iter()
            .all(|record| !record.body_complete)
    );
    world.idle().await;
    assert_eq!(world.leases(), 0);

    let upstream = novelai(1, Settings::default()).await;
    let mut plan = upstream.plan();
    plan.layout.upstreams[0].bodies = Bodies {
        replay: 10_000,
        max: 100_000,
    };
    let world = plan.start();
    for body in [chunked(&pattern(50_000)), pattern(50_000).into()] {
        let request = world
            .post("/ai/generate-image")
            .header("content-type", "application/json")
            .body(body);
        assert_eq!(refusal(request).await, (413, "body_too_large".to_owned()));
    }
    assert_eq!(upstream.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_with_a_bad_key_gets_its_answer() {
    let (_node, plan) = node(kept_up_to(1 << 20)).await;
    let world = plan.start();
    for body in [chunked(&pattern(8 * MIB)), pattern(8 * MIB).into()] {
        let request = client()
            .post(world.url("/api/echo"))
            .bearer_auth("np-unknown")
            .body(body);
        assert_eq!(refusal(request).await, (401, "unknown_key".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_ends_too_early_reaches_nobody() {
    let (node, plan) = node(kept_up_to(1 << 20)).await;
    let world = plan.start();
    for (lines, body) in [
        ("content-length: 100\r\n", "only this"),
        ("transfer-encoding: chunked\r\n", "5\r\nhello\r\n"),
        ("transfer-encoding: chunked\r\n", "zz\r\nhello\r\n0\r\n\r\n"),
    ] {
        let mut socket = connect(&world).await;
        socket
            .write_all(format!("{}{body}", head("POST", "/api/echo", lines)).as_bytes())
            .await
            .unwrap();
        socket.shutdown().await.unwrap();
        let answer = read_answer(&mut socket).await;
        assert_eq!(
            (answer.status, answer.header("connection")),
            (400, Some("close")),
            "{body}"
        );
        assert!(
            answer.text().contains("\"code\":\"body_truncated\""),
            "{}",
            answer.text()
        );
    }
    world.idle().await;
    assert_eq!((node.server.records.count(), world.leases()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_before_sending_is_told_to_go_on() {
    let (_node, plan) = node(kept_up_to(1_000)).await;
    let world = plan.start();
    for length in [5, 5_000] {
        let mut socket = connect(&world).await;
        let lines = format!("expect: 100-continue\r\ncontent-length: {length}\r\n");
        socket
            .write_all(head("POST", "/api/echo", &lines).as_bytes())
            .await
            .unwrap();
        assert_eq!(read_head(&mut socket).await.status, 100, "{length}");
        socket.write_all(&pattern(length)).await.unwrap();
        let answer = read_answer(&mut socket).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains(&sha256_hex(&pattern(length))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_before_sending_is_refused_before_sending() {
    let (_node, plan) = node(Bodies {
        replay: 1_000,
        max: 10_000,
    })
    .await;
    let world = plan.start();
    let mut socket = connect(&world).await;
    let lines = "expect: 100-continue\r\ncontent-length: 20000\r\n";
    socket
        .write_all(head("POST", "/api/echo", lines).as_bytes())
        .await
        .unwrap();
    assert_eq!(read_answer(&mut socket).await.status, 413);
    let mut socket = connect(&world).await;
    let bad = "POST /api/echo HTTP/1.1\r\nhost: a\r\nx-api-key: np-none\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n";
    socket.write_all(bad.as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut socket).await.status, 401);
}

/// A client that is allowed to send and does not; the room for its body is taken.
async fn sending_slowly(world: &World, path: &str, length: usize) -> tokio::net::TcpStream {
    let mut socket = connect(world).await;
    let lines =
        format!("content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n");
    socket
        .write_all(head("POST", path, &lines).as_bytes())
        .await
        .unwrap();
    assert_eq!(read_head(&mut socket).await.status, 100);
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_body_holds_no_lease() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    let body = image_request().to_string();
    let mut slow = sending_slowly(&world, "/ai/generate-image", body.len()).await;
    slow.write_all(&body.as_bytes()[..20]).await.unwrap();
    assert_eq!(world.leases(), 0);
    assert_eq!(
        sent(world.image()).await.status(),
        200,
        "the only account is free"
    );
    slow.write_all(&body.as_bytes()[20..]).await.unwrap();
    assert_eq!(read_head(&mut slow).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_takes_too_long_is_given_up() {
    let upstream = novelai(1, Settings::default()).await;
    let mut plan = upstream.plan();
    plan.settings.client_read = Duration::from_millis(100);
    let world = plan.start();
    let mut slow = sending_slowly(&world, "/ai/generate-image", 500).await;
    let answer = read_answer(&mut slow).await;
    assert_eq!(answer.status, 408);
    assert!(answer.text().contains("body_timeout"));
    assert_eq!(upstream.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_no_room_is_left_for_bodies_the_next_is_503_and_the_room_comes_back() {
    let (_node, mut plan) = node(kept_up_to(1 << 20)).await;
    plan.settings.body_memory = 300_000;
    plan.settings.body_memory_per_user = 300_000;
    plan.settings.body_wait = Duration::ZERO;
    let world = plan.start();
    let mut slow = sending_slowly(&world, "/api/echo", 200_000).await;
    assert_eq!(
        refusal(world.post("/api/echo").body(pattern(200_000))).await,
        (503, "memory_full".to_owned())
    );
    assert_eq!(
        sent(world.post("/api/echo").body(pattern(10_000))).await.status(),
        200,
        "small ones need no room"
    );
    slow.write_all(&pattern(200_000)).await.unwrap();
    assert_eq!(read_answer(&mut slow).await.status, 200);
    world.idle().await;
    assert_eq!(
        sent(world.post("/api/echo").body(pattern(200_000)))
            .await
            .status(),
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_with_a_get_is_dropped_where_it_means_nothing() {
    let (fake, _, plan) = openai(1).await;
    let world = plan.start();
    let answer = sent(world.get("/v1/models").body("surprise")).await;
    assert_eq!(answer.status(), 200);
    let record = fake.server.records.all().remove(0);
    assert!(record.body.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_in_mid_body_leaves_nothing_behind() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    drop(sending_slowly(&world, "/ai/generate-image", 100_000).await);
    world.idle().await;
    assert_eq!((world.leases(), upstream.server.records.count()), (0, 0));

    let (node, plan) = node(kept_up_to(1_000)).await;
    let world = plan.start();
    let mut passing = sending_slowly(&world, "/api/echo", 100_000).await;
    passing.write_all(&pattern(50_000)).await.unwrap();
    drop(passing);
    world.idle().await;
    assert_eq!(world.leases(), 0);
    assert!(
        node.server
            .records
            .all()
            .iter()
            .all(|record| !record.body_complete)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_body_reaches_the_node_with_its_head() {
    let node = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", node.local_addr().unwrap());
    let upstreams = vec![upstream("gpu", Kind::Http, &[("one", Role::Any, &at)])];
    let world = Plan::new(upstreams, vec![route("/api", 0, false)]).start();
    let answering = tokio::spawn(async move {
        let (mut connection, _) = node.accept().await.unwrap();
        let mut came = Vec::new();
        for _ in 0..3 {
            let mut read = vec![0; 64 * 1024];
            let length = connection.read(&mut read).await.unwrap();
            came.push(read[..length].to_vec());
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            connection.write_all(answer).await.unwrap();
        }
        came
    });
    let bodies = [&pattern(1_000), &pattern(10_000), &b"last".to_vec()];
    for body in bodies {
        let answer = sent(world.post("/api/echo").body(body.clone())).await;
        assert_eq!(answer.text().await.unwrap(), "ok");
    }
    // All three on one connection, each in one read.
    for (came, body) in answering.await.unwrap().iter().zip(bodies) {
        assert!(
            came.starts_with(b"POST /api/echo") && came.ends_with(body),
            "{}",
            came.len()
        );
    }
}
