//! What passes how, where no other file shows it: see docs/protocols.md.

use std::time::Duration;

use bytes::Bytes;
use http::Version;
use potluck_fakes::node::{NodeFake, NodeOptions};
use potluck_fakes::novelai::Settings;
use potluck_fakes::openai::{OpenAiFake, OpenAiOptions};
use potluck_fakes::record::sha256_hex;
use potluck_fakes::server::TestCa;
use potluck_filters::model::{Bodies, Kind, Role};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::ask::{chat_request, sent};
use crate::world::{CLIENT_KEY, Plan, World, client, gpu, novelai, openai, route, upstream};

const MIB: usize = 1 << 20;
/// Long past anything that works.
const HUNG: Duration = Duration::from_secs(20);

fn h2c() -> Client {
    Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap()
}

async fn node() -> (NodeFake, World) {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let world = gpu(std::slice::from_ref(&node)).start();
    (node, world)
}

/// A node that is spoken to in h2.
async fn h2_node() -> (NodeFake, World) {
    let ca = TestCa::generate().unwrap();
    let options = NodeOptions {
        tls: Some(ca.clone()),
        ..NodeOptions::named("gpu-1")
    };
    let node = NodeFake::start_with(options).await.unwrap();
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.layout.upstreams[0].ca_pem = Some(ca.pem().into());
    (node, resolved(plan).await)
}

async fn resolved(plan: Plan) -> World {
    let world = plan.start();
    world.edge.resolve().await;
    world
}

async fn chunk(answer: &mut Response) -> Bytes {
    tokio::time::timeout(HUNG, answer.chunk())
        .await
        .expect("held back")
        .unwrap()
        .expect("ended early")
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name).and_then(|value| value.to_str().ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_an_h2_upstream_are_not_held_back_either() {
    let ca = TestCa::generate().unwrap();
    let options = OpenAiOptions {
        tls: Some(ca.clone()),
        ..OpenAiOptions::default()
    };
    let fake = OpenAiFake::start_with(options).await.unwrap();
    fake.keys.add("vck_one", 1_000_000);
    let mut vercel = upstream("vercel", Kind::Openai, &[("main", Role::Any, &fake.server.url())]);
    vercel.ca_pem = Some(ca.pem().into());
    let plan = Plan::new(vec![vercel], vec![route("/v1", 0, false)]);
    let world = resolved(plan.with_pool_keys("vercel", &["vck_one"])).await;
    for client in [client(), h2c()] {
        fake.pace.step();
        let url = world.url("/v1/chat/completions");
        let mut answer = sent(client.post(url).bearer_auth(CLIENT_KEY).json(&chat_request(true))).await;
        for _ in 0..4 {
            // The next is not made before the last has arrived.
            fake.pace.release(1);
            let event = chunk(&mut answer).await;
            assert!(
                event.starts_with(b"data: ") && event.ends_with(b"\n\n"),
                "{event:?}"
            );
        }
        fake.pace.set_interval(Duration::ZERO);
        assert!(answer.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    }
    let records = fake.server.records.all();
    assert!(records.iter().all(|record| record.version == Version::HTTP_2));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_version_on_either_side_carries_large_bodies_both_ways() {
    for (node, world) in [node().await, h2_node().await] {
        for client in [client(), h2c()] {
            let body: Vec<u8> = (0..2 * MIB).map(|n| (n % 251) as u8).collect();
            let request = client
                .post(world.url("/api/echo"))
                .bearer_auth(CLIENT_KEY)
                .header("content-type", "application/x-bytes")
                .body(body.clone());
            let echo: Value = sent(request).await.json().await.unwrap();
            assert_eq!(echo["body_sha256"], sha256_hex(&body));
            let request = client
                .get(world.url("/api/big?bytes=8388608"))
                .bearer_auth(CLIENT_KEY);
            let answer = sent(request).await.bytes().await.unwrap();
            assert!(
                answer.len() == 8 * MIB
                    && answer
                        .iter()
                        .zip(0_usize..)
                        .all(|(byte, at)| usize::from(*byte) == at % 251)
            );
        }
        world.idle().await;
        assert_eq!((node.server.records.count(), world.leases()), (4, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_are_the_upstreams_to_answer() {
    for (_node, world) in [node().await, h2_node().await] {
        for (range, condition, status, content_range, length) in [
            ("bytes=10-19", None, 206, Some("bytes 10-19/262144"), 10),
            ("bytes=-5", None, 206, Some("bytes 262139-262143/262144"), 5),
            ("bytes=262140-", None, 206, Some("bytes 262140-262143/262144"), 4),
            (
                "bytes=0-9",
                Some("\"fake-file-1\""),
                206,
                Some("bytes 0-9/262144"),
                10,
            ),
            ("bytes=0-9", Some("\"an-older-one\""), 200, None, 262_144),
            ("bytes=262144-", None, 416, Some("bytes */262144"), 0),
        ] {
            let mut request = world.get("/api/file").header("range", range);
            if let Some(tag) = condition {
                request = request.header("if-range", tag);
            }
            let answer = sent(request).await;
            assert_eq!(
                (answer.status().as_u16(), header(&answer, "content-range")),
                (status, content_range),
                "{range}"
            );
            assert_eq!(answer.bytes().await.unwrap().len(), length, "{range}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_has_the_head_of_the_answer_and_nothing_else() {
    for (_node, world) in [node().await, h2_node().await] {
        for client in [client(), h2c()] {
            let url = world.url("/api/big?bytes=1000");
            let answer = sent(client.head(url).bearer_auth(CLIENT_KEY)).await;
            assert_eq!(
                (answer.status().as_u16(), header(&answer, "content-length")),
                (200, Some("1000"))
            );
            assert_eq!(answer.bytes().await.unwrap().len(), 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_the_upstreams_where_it_is_plain_http() {
    let (node, world) = node().await;
    let request = client()
        .request(Method::OPTIONS, world.url("/api/echo"))
        .bearer_auth(CLIENT_KEY)
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST");
    let echo: Value = sent(request).await.json().await.unwrap();
    assert_eq!(echo["method"], "OPTIONS");
    let record = node.server.records.all().remove(0);
    assert_eq!(record.header("origin"), Some("https://app.example"));
    assert_eq!(record.header("access-control-request-method"), Some("POST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_may_ask_novelai_before_they_have_a_key_and_openai_not_at_all() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    let preflight = |world: &World, path: &str| {
        client()
            .request(Method::OPTIONS, world.url(path))
            .header("origin", "https://app.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type")
    };
    let answer = sent(preflight(&world, "/ai/generate-image")).await;
    assert_eq!(answer.status(), 204);
    assert_eq!(header(&answer, "access-control-allow-origin"), Some("*"));
    assert_eq!(
        header(&answer, "access-control-allow-headers"),
        Some("authorization,content-type")
    );
    assert_eq!(upstream.server.records.count(), 0, "the relay knows the answer");

    let (fake, _, plan) = openai(1).await;
    let world = plan.start();
    let answer = sent(preflight(&world, "/v1/chat/completions").bearer_auth(CLIENT_KEY)).await;
    assert_eq!(
        (answer.status().as_u16(), header(&answer, "allow")),
        (405, Some("POST"))
    );
    assert_eq!(fake.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_20_mib_is_uploaded_whether_it_is_kept_or_streams_past() {
    let file: Vec<u8> = (0..20 * MIB).map(|n| (n % 251) as u8).collect();
    let expected = sha256_hex(&file);
    // Without a length, so in chunks, and with one.
    for (replay, in_chunks) in [(32 * MIB, false), (16 * MIB, true), (16 * MIB, false)] {
        let (fake, _, mut plan) = openai(2).await;
        plan.layout.upstreams[0].bodies = Bodies {
            replay: replay as u64,
            max: 64 << 20,
        };
        let world = plan.start();
        let part = if in_chunks {
            let pieces = file
                .chunks(MIB)
                .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
            let pieces: Vec<_> = pieces.collect();
            Part::stream(reqwest::Body::wrap_stream(futures_util::stream::iter(pieces)))
        } else {
            Part::bytes(file.clone())
        };
        let part = part.file_name("speech.wav").mime_str("audio/wav").unwrap();
        let form = Form::new().text("model", "whisper-1").part("file", part);
        let answer = sent(world.post("/v1/audio/transcriptions").multipart(form)).await;
        assert_eq!(answer.status(), 200, "{replay}, {in_chunks}");
        let text = answer.json::<Value>().await.unwrap()["text"].to_string();
        assert!(text.contains(&expected), "{replay}, {in_chunks}: {text}");
        world.idle().await;
        assert_eq!(
            (fake.server.records.count(), world.leases()),
            (1, 0),
            "one attempt"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_comes_as_the_bytes_that_it_is() {
    let (fake, keys, plan) = openai(1).await;
    let world = plan.start();
    let body = json!({"model": "tts-1", "voice": "alloy", "input": "one two three four"});
    let direct = client()
        .post(format!("{}/v1/audio/speech", fake.server.url()))
        .bearer_auth(&keys[0])
        .json(&body);
    let expected = direct.send().await.unwrap().bytes().await.unwrap();
    for client in [client(), h2c()] {
        let url = world.url("/v1/audio/speech");
        let answer = sent(client.post(url).bearer_auth(CLIENT_KEY).json(&body)).await;
        assert_eq!(header(&answer, "content-type"), Some("audio/mpeg"));
        assert_eq!(answer.bytes().await.unwrap(), expected);
    }
}
