//! An attempt fails: who is tried next, what the client gets, and whom it costs.

use std::time::Duration;

use bytes::Bytes;
use potluck_fakes::fault::Fault;
use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use potluck_fakes::record::sha256_hex;
use potluck_filters::model::{HttpVersion, Node, Role};
use serde_json::json;

use crate::ask::{chat_request, refusal, sent};
use crate::world::{NovelAiWorld, World, gpu, novelai, openai};

const MIB: usize = 1 << 20;

/// Two accounts, the first of which meets this fault once.
async fn first_meets(fault: Fault) -> (NovelAiWorld, World) {
    let upstream = novelai(2, Settings::default()).await;
    upstream.server.faults.push(&upstream.tokens[0], fault, 1);
    let world = upstream.plan().start();
    (upstream, world)
}

/// Which accounts were asked, in order.
fn asked(upstream: &NovelAiWorld) -> Vec<usize> {
    let index = |token: &str| upstream.tokens.iter().position(|known| known == token);
    upstream
        .server
        .records
        .all()
        .iter()
        .filter_map(|record| index(&record.credential))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_was_refused_goes_to_the_next_key_and_blames_only_whom_it_should() {
    for (name, fault, cooling) in [
        ("401", Fault::unauthorized(), 1),
        ("402", Fault::not_enough_anlas(), 1),
        (
            "403 JSON",
            Fault::novelai(403, "Model not allowed for user tier"),
            0,
        ),
        ("403 HTML", Fault::cloudflare_html(403), 0),
        ("429 JSON", Fault::busy(), 1),
        ("429 HTML", Fault::cloudflare_html(429), 0),
        ("409", Fault::novelai(409, "A conflict error occurred."), 1),
    ] {
        let (upstream, world) = first_meets(fault).await;
        assert_eq!(sent(world.image()).await.status(), 200, "{name}");
        world.idle().await;
        assert_eq!(asked(&upstream), [0, 1], "{name}");
        assert_eq!(world.pool("novelai", "cooling"), cooling, "{name}");
        assert_eq!(world.leases(), 0, "{name}");
        assert_eq!(
            upstream.server.connections(),
            1,
            "{name}: the connection outlives the refusal"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_clients_matter_passes_through_and_no_other_key_is_tried() {
    for (code, message) in [
        (500, "Internal Server Error"),
        (400, "Validation error: model x doesn't exist"),
        (413, "Request Entity Too Large"),
        (404, "Not Found"),
        (422, "Unprocessable"),
    ] {
        let (upstream, world) = first_meets(Fault::novelai(code, message)).await;
        let answer = sent(world.image()).await;
        assert_eq!(answer.status(), code);
        assert!(answer.text().await.unwrap().contains(message));
        world.idle().await;
        assert_eq!(
            (asked(&upstream), world.pool("novelai", "cooling")),
            (vec![0], 0),
            "{code}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_may_have_begun_is_never_sent_again() {
    let (long, short) = (Duration::from_secs(30), Duration::from_secs(1));
    for (name, fault, first_byte, expected) in [
        ("reset", Fault::Reset, long, (502, "upstream_broken")),
        (
            "silence",
            Fault::HangBeforeHeaders,
            short,
            (504, "upstream_timeout"),
        ),
    ] {
        let upstream = novelai(2, Settings::default()).await;
        upstream.server.faults.push(&upstream.tokens[0], fault, 1);
        let mut plan = upstream.plan();
        plan.layout.upstreams[0].timeouts.first_byte = first_byte;
        let world = plan.start();
        let (status, code) = refusal(world.image()).await;
        assert_eq!((status, code.as_str()), expected, "{name}");
        world.idle().await;
        assert_eq!(
            (asked(&upstream), world.pool("novelai", "cooling")),
            (vec![0], 0),
            "{name}"
        );
        assert_eq!(world.leases(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_host_is_the_relays_fault() {
    let fault = Fault::novelai(
        400,
        "Please refresh NovelAI.net. If using a third-party tool, update to the image URL.",
    );
    let (upstream, world) = first_meets(fault).await;
    assert_eq!(
        refusal(world.image()).await,
        (502, "attempts_exhausted".to_owned())
    );
    assert_eq!((asked(&upstream), world.pool("novelai", "cooling")), (vec![0], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateways_error_goes_to_another_host_once_and_else_to_the_client() {
    for code in [502, 503, 522] {
        let (upstream, world) = first_meets(Fault::cloudflare_html(code)).await;
        assert_eq!(sent(world.image()).await.status(), code, "there is no other host");
        assert_eq!(asked(&upstream).len(), 1);

        let other = novelai(2, Settings::default()).await;
        upstream.server.faults.push("*", Fault::cloudflare_html(code), 1);
        let mut plan = upstream.plan();
        let base = other.server.url().parse().unwrap();
        plan.layout.upstreams[0].nodes.push(Node {
            name: "b".into(),
            role: Role::Image,
            base,
            http: HttpVersion::Auto,
        });
        plan.pool_keys.clear();
        let world = plan.with_pool_keys("novelai", &upstream.tokens).start();
        assert_eq!(sent(world.image()).await.status(), 200, "{code}");
        assert_eq!(other.server.records.count(), 1);
        assert_eq!(world.pool("novelai", "cooling"), 0, "no key is blamed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_keys_are_refused_the_client_never_sees_it_as_its_own() {
    for (fault, expected, wait) in [
        (Fault::unauthorized(), (502, "attempts_exhausted"), None),
        (Fault::not_enough_anlas(), (502, "attempts_exhausted"), None),
        (Fault::cloudflare_html(403), (502, "upstream_unreachable"), None),
        (
            Fault::busy().with_header("retry-after", "7"),
            (429, "pool_busy"),
            Some("7"),
        ),
    ] {
        let upstream = novelai(2, Settings::default()).await;
        upstream.server.faults.push("*", fault, usize::MAX);
        let world = upstream.plan().impatient().start();
        let answer = sent(world.image()).await;
        assert_eq!(
            answer.headers().get("retry-after").map(|v| v.to_str().unwrap()),
            wait
        );
        assert!(!answer.headers().contains_key("www-authenticate"));
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(
            (
                body["statusCode"].as_u64().unwrap(),
                body["code"].as_str().unwrap()
            ),
            (expected.0, expected.1)
        );
        assert_eq!(asked(&upstream), [0, 1]);
        assert_eq!(
            upstream.server.connections(),
            1,
            "also the last refusal's connection is kept"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_attempts_are_made_than_set() {
    let (fake, _, plan) = openai(6).await;
    fake.server.faults.push(
        "*",
        Fault::openai(401, "invalid_request_error", "invalid_api_key", "no"),
        usize::MAX,
    );
    let world = plan.start();
    assert_eq!(
        refusal(world.chat(false)).await,
        (502, "attempts_exhausted".to_owned())
    );
    assert_eq!(fake.server.records.count(), 3);
    assert_eq!(
        world.pool("vercel", "cooling"),
        0,
        "three that fail alike are not at fault"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_the_same_to_the_byte_in_each_attempt() {
    let (fake, _, mut plan) = openai(3).await;
    plan.layout.upstreams[0].cool_downs.rate_limited = Duration::ZERO;
    let world = plan.start();
    for length in [1024, 64 * 1024 + 1, 5 * MIB] {
        for chunked in [false, true] {
            fake.server.records.clear();
            fake.server.faults.push(
                "*",
                Fault::openai(429, "requests", "rate_limit_exceeded", "slow down"),
                2,
            );
            let mut body = chat_request(false);
            body["messages"][0]["content"] = json!("x".repeat(length));
            let body = Bytes::from(body.to_string());
            let request = world
                .post("/v1/chat/completions")
                .header("content-type", "application/json");
            let request = if chunked {
                request.body(in_pieces(&body))
            } else {
                request.body(body.clone())
            };
            assert_eq!(sent(request).await.status(), 200, "{length} {chunked}");
            let records = fake.server.records.all();
            assert_eq!(records.len(), 3);
            for record in records {
                assert_eq!(record.body_sha256(), sha256_hex(&body), "{length} {chunked}");
                assert_eq!(record.header("content-length").unwrap(), body.len().to_string());
                assert_eq!(record.header("content-type").unwrap(), "application/json");
            }
        }
    }
}

fn in_pieces(body: &Bytes) -> reqwest::Body {
    let pieces: Vec<_> = body
        .chunks(10_000)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
        .collect();
    reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_be_reached_is_left_for_the_next() {
    let (dead, well) = (
        NodeFake::start("dead").await.unwrap(),
        NodeFake::start("well").await.unwrap(),
    );
    let nodes = [dead, well];
    let world = gpu(&nodes).start();
    let [dead, _well] = nodes;
    dead.server.stop().await;
    for _ in 0..3 {
        let answer = sent(world.post("/api/echo").body("x")).await;
        assert_eq!(
            (
                answer.status().as_u16(),
                answer.headers()["x-fake-node"].to_str().unwrap()
            ),
            (200, "well")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_node_in_reach_the_client_is_told() {
    let world = {
        let node = NodeFake::start("gone").await.unwrap();
        gpu(&[node]).start()
    };
    assert_eq!(
        refusal(world.post("/api/echo").body("x")).await,
        (502, "upstream_unreachable".to_owned())
    );
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_went_stale_is_made_anew_for_the_only_key() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    for round in 1..=3 {
        assert_eq!(sent(world.image()).await.status(), 200);
        world.idle().await;
        assert_eq!(upstream.server.connections(), 1, "{round}");
    }
}
