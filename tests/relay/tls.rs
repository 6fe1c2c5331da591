//! TLS to upstreams and h2 on both sides.

use bytes::Bytes;
use http::Version;
use potluck_fakes::fault::Fault;
use potluck_fakes::node::{NodeFake, NodeOptions};
use potluck_fakes::openai::{OpenAiFake, OpenAiOptions};
use potluck_fakes::record::sha256_hex;
use potluck_fakes::server::TestCa;
use potluck_filters::model::{HttpVersion, Kind, Role};
use serde_json::json;

use crate::ask::{chat_request, is_seen_to_break, refusal, sent};
use crate::world::{CLIENT_KEY, Plan, World, gpu, route, upstream};

async fn node(ca: &TestCa) -> NodeFake {
    NodeFake::start_with(NodeOptions {
        tls: Some(ca.clone()),
        ..NodeOptions::named("gpu-1")
    })
    .await
    .unwrap()
}

async fn started(plan: Plan) -> World {
    let world = plan.start();
    world.edge.resolve().await;
    world
}

/// A relay in front of an OpenAI fake behind TLS, with two keys.
async fn openai(ca: &TestCa) -> (OpenAiFake, World) {
    openai_over(ca, HttpVersion::Auto).await
}

async fn openai_over(ca: &TestCa, http: HttpVersion) -> (OpenAiFake, World) {
    let options = OpenAiOptions {
        tls: Some(ca.clone()),
        ..OpenAiOptions::default()
    };
    let fake = OpenAiFake::start_with(options).await.unwrap();
    let keys = ["vck_one", "vck_two"];
    keys.iter().for_each(|key| fake.keys.add(key, 1_000_000_000));
    let mut upstream = upstream("vercel", Kind::Openai, &[("main", Role::Any, &fake.server.url())]);
    upstream.ca_pem = Some(ca.pem().into());
    upstream.nodes[0].http = http;
    upstream.cool_downs.rate_limited = std::time::Duration::ZERO;
    let plan = Plan::new(vec![upstream], vec![route("/v1", 0, false)]).with_pool_keys("vercel", &keys);
    (fake, started(plan).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_behind_tls_is_spoken_to_in_the_version_that_is_set() {
    let ca = TestCa::generate().unwrap();
    for (http, seen) in [
        (HttpVersion::Auto, Version::HTTP_2),
        (HttpVersion::H2, Version::HTTP_2),
        (HttpVersion::H1, Version::HTTP_11),
    ] {
        let node = node(&ca).await;
        let mut plan = gpu(std::slice::from_ref(&node));
        plan.layout.upstreams[0].ca_pem = Some(ca.pem().into());
        plan.layout.upstreams[0].nodes[0].http = http;
        let world = started(plan).await;
        for _ in 0..3 {
            let answer = sent(world.post("/api/echo?x=%2F").body("hello")).await;
            assert_eq!(answer.status(), 200);
            let echo: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(
                (echo["body_bytes"].as_u64(), echo["query"].as_str()),
                (Some(5), Some("x=%2F"))
            );
        }
        assert!(
            node.server
                .records
                .all()
                .iter()
                .all(|record| record.version == seen),
            "{http:?}"
        );
        world.idle().await;
        assert_eq!((node.server.connections(), world.leases()), (1, 0), "{http:?}");
    }
}

/// Only names can be verified. An address literal is refused rather than believed.
#[tokio::test(flavor = "multi_thread")]
async fn a_bare_address_is_never_taken_on_trust() {
    let ca = TestCa::generate().unwrap();
    let node = node(&ca).await;
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.layout.upstreams[0].ca_pem = Some(ca.pem().into());
    plan.layout.upstreams[0].nodes[0].base = format!("https://{}", node.server.addr).parse().unwrap();
    let world = plan.start();
    assert_eq!(
        refusal(world.get("/api/echo")).await,
        (502, "upstream_unreachable".to_owned())
    );
    assert_eq!(node.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_gets_nothing() {
    let ca = TestCa::generate().unwrap();
    for trusted in [Some(TestCa::generate().unwrap().pem().to_owned()), None] {
        let node = node(&ca).await;
        let mut plan = gpu(std::slice::from_ref(&node));
        plan.layout.upstreams[0].ca_pem = trusted.as_deref().map(Into::into);
        let world = started(plan).await;
        assert_eq!(
            refusal(world.get("/api/echo")).await,
            (502, "upstream_unreachable".to_owned())
        );
        assert_eq!(node.server.records.count(), 0);
        world.idle().await;
        assert_eq!(world.leases(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_may_speak_h2_with_prior_knowledge() {
    let ca = TestCa::generate().unwrap();
    let (fake, world) = openai(&ca).await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let ask = |stream| {
        let url = world.url("/v1/chat/completions");
        sent(
            client
                .post(url)
                .bearer_auth(CLIENT_KEY)
                .json(&chat_request(stream)),
        )
    };
    let answers = futures_util::future::join_all((0..20).map(|n| ask(n % 2 == 0))).await;
    for answer in answers {
        assert_eq!(
            (answer.version(), answer.status().as_u16()),
            (Version::HTTP_2, 200)
        );
        assert!(!answer.bytes().await.unwrap().is_empty());
    }
    assert!(
        fake.server
            .records
            .all()
            .iter()
            .all(|record| record.version == Version::HTTP_2)
    );
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_h2_upstreams_go_to_http_1_clients_in_chunks() {
    let ca = TestCa::generate().unwrap();
    let (_fake, world) = openai(&ca).await;
    let answer = sent(world.chat(true)).await;
    assert_eq!(answer.headers()["transfer-encoding"], "chunked");
    assert!(answer.text().await.unwrap().ends_with("data: [DONE]\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_answer_of_an_h2_upstream_is_seen_to_be_broken() {
    let ca = TestCa::generate().unwrap();
    let node = node(&ca).await;
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.layout.upstreams[0].ca_pem = Some(ca.pem().into());
    let world = started(plan).await;
    for fault in [
        Fault::Truncate { after: 100_000 },
        Fault::ResetMidBody { after: 100_000 },
    ] {
        for path in ["/api/chunked?events=50&bytes=5000", "/api/big?bytes=300000"] {
            node.server.faults.push("*", fault.clone(), 1);
            assert!(is_seen_to_break(world.get(path)).await, "{path} {fault:?}");
        }
    }
    let (fake, world) = openai(&ca).await;
    fake.server.faults.push("*", Fault::Truncate { after: 700 }, 1);
    assert!(
        sent(world.chat(true))
            .await
            .text()
            .await
            .unwrap()
            .contains("upstream_broken")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_refusal_of_a_large_body_is_understood_and_the_next_key_gets_all_of_it() {
    let ca = TestCa::generate().unwrap();
    for http in [HttpVersion::H2, HttpVersion::H1] {
        let (fake, world) = openai_over(&ca, http).await;
        let mut body = chat_request(false);
        body["messages"][0]["content"] = json!("x".repeat(10 << 20));
        let body = Bytes::from(body.to_string());
        fake.server.faults.push("vck_one", Fault::Early { code: 429 }, 1);
        let request = world
            .post("/v1/chat/completions")
            .header("content-type", "application/json")
            .body(body.clone());
        assert_eq!(sent(request).await.status(), 200, "{http:?}");
        let last = fake.server.records.all().pop().unwrap();
        assert_eq!(
            (last.credential.as_str(), last.body_sha256()),
            ("vck_two", sha256_hex(&body))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_pass_from_h2_to_h2() {
    let ca = TestCa::generate().unwrap();
    let node = node(&ca).await;
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.layout.upstreams[0].ca_pem = Some(ca.pem().into());
    let world = started(plan).await;
    let socket = tokio::net::TcpStream::connect(world.address).await.unwrap();
    let (mut send, connection) = hyper::client::conn::http2::handshake(
        hyper_util::rt::TokioExecutor::new(),
        hyper_util::rt::TokioIo::new(socket),
    )
    .await
    .unwrap();
    tokio::spawn(connection);
    let request = http::Request::get(world.url("/api/trailers"))
        .header("x-api-key", CLIENT_KEY)
        .body(http_body_util::Empty::<Bytes>::new())
        .unwrap();
    let answer = send.send_request(request).await.unwrap();
    let collected = http_body_util::BodyExt::collect(answer.into_body())
        .await
        .unwrap();
    let checksum = collected.trailers().unwrap()["x-checksum"].clone();
    assert_eq!(checksum, sha256_hex(&collected.to_bytes()));
}
