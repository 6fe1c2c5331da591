//! Requests that two servers could read in two ways: refused, and nothing of them reaches an upstream.

use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use tokio::io::AsyncWriteExt;

use crate::ask::sent;
use crate::raw::{connect, exchange, head, read_answer};
use crate::world::{CLIENT_KEY, World, gpu, novelai, openai};

async fn node() -> (NodeFake, World) {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let world = gpu(std::slice::from_ref(&node)).start();
    (node, world)
}

/// Sends, reads until the relay closes, and returns the statuses of all answers with the whole text.
async fn statuses(world: &World, request: &str) -> (Vec<u16>, String) {
    let text = String::from_utf8_lossy(&exchange(world, request.as_bytes()).await).into_owned();
    let found = text
        .match_indices("HTTP/1.1 ")
        .filter_map(|(at, _)| text.get(at + 9..at + 12)?.parse().ok());
    (found.collect(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn framing_in_doubt_is_refused_once_and_the_connection_closed() {
    let (node, world) = node().await;
    let smuggled = "GET /api/echo?smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
    for lines in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
        "content-length: 5\r\ncontent-length: 5\r\n",
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5, 5\r\n",
        "content-length: +5\r\n",
        "content-length: 0x5\r\n",
        "content-length: -1\r\n",
        "transfer-encoding: chunked, chunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: identity\r\n",
        "transfer-encoding: xchunked\r\n",
        "host: other\r\n",
        "authorization: Bearer other\r\n",
        "content-type: a/b\r\ncontent-type: c/d\r\n",
    ] {
        let request = format!("{}0\r\n\r\n{smuggled}", head("POST", "/api/echo", lines));
        let (statuses, text) = statuses(&world, &request).await;
        assert_eq!(statuses, [400], "{lines}{text}");
    }
    assert_eq!(node.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_odd_heads_are_problems_with_a_code() {
    let (node, world) = node().await;
    for (method, target, lines, status, code) in [
        (
            "POST",
            "/api/echo",
            "content-length: 5, 5\r\n",
            400,
            "bad_framing",
        ),
        ("TRACE", "/api/echo", "", 405, "method_not_allowed"),
        ("GET", "*", "", 400, "bad_path"),
        ("OPTIONS", "*", "", 400, "bad_path"),
        ("GET", "/api/echo#x", "", 400, "bad_path"),
    ] {
        let (statuses, text) = statuses(&world, &head(method, target, lines)).await;
        assert_eq!(statuses, [status], "{method} {target}");
        for expected in [
            format!("\"code\":\"{code}\""),
            "application/problem+json".to_owned(),
            "x-request-id: ".to_owned(),
        ] {
            assert!(
                text.to_ascii_lowercase().contains(&expected),
                "{method} {target}: {text}"
            );
        }
    }
    assert_eq!(node.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_must_be_one_and_a_host() {
    let (node, world) = node().await;
    for hosts in [
        "",
        "host: a\r\nhost: a\r\n",
        "host: a,b\r\n",
        "host: a b\r\n",
        "host: a/b\r\n",
        "host: a:99999\r\n",
        "host: \r\n",
    ] {
        let request = format!("GET /api/echo HTTP/1.1\r\n{hosts}x-api-key: {CLIENT_KEY}\r\n\r\n");
        assert_eq!(statuses(&world, &request).await.0, [400], "{hosts:?}");
    }
    assert_eq!(node.server.records.count(), 0);
}

/// Read in two ways by some proxy and some origin.
const ODD_TARGETS: &[&str] = &[
    "//evil/api/echo",
    "/api//echo",
    "/api/../secret",
    "/api/./echo",
    "/api/%2e%2e/secret",
    "/api/%2E./secret",
    "/api/..;x/secret",
    "/api/%5c..%5csecret",
    "/api/\\echo",
    "/api/%00",
    "/api/%0d%0ax",
    "/api/%zz",
    "/api/%2",
    "/%61pi/echo",
    "http://evil.example/api/echo",
    "api/echo",
    "evil.example:80",
];

/// Not among NovelAI's paths of generation, or only after a detour.
const NOVELAI_TARGETS: &[&str] = &[
    "/ai/%2e%2e/user/keystore",
    "/ai/../user/keystore",
    "/user/keystore",
    "/ai/module/x",
    "/ai/generate-image/",
    "/AI/generate-image",
];

/// Not among the stateless endpoints, or only after a detour.
const OPENAI_TARGETS: &[&str] = &[
    "/v1/../x",
    "/v1/files",
    "/v1/models/%2e%2e/credits",
    "/v1/models/..%2fcredits",
    "/v1/credits",
    "/v1//models",
];

#[tokio::test(flavor = "multi_thread")]
async fn targets_that_mean_two_things_reach_nobody() {
    let (node, world) = node().await;
    let upstream = novelai(1, Settings::default()).await;
    let novelai = upstream.plan().start();
    let (fake, _, plan) = openai(1).await;
    let openai = plan.start();
    for target in ODD_TARGETS {
        let (statuses, text) = statuses(&world, &head("GET", target, "connection: close\r\n")).await;
        assert!(matches!(statuses[..], [400 | 404]), "{target} {text}");
    }
    for target in NOVELAI_TARGETS {
        let (statuses, text) = statuses(
            &novelai,
            &head("POST", target, "connection: close\r\ncontent-length: 0\r\n"),
        )
        .await;
        assert!(matches!(statuses[..], [400 | 403 | 404]), "{target} {text}");
    }
    for target in OPENAI_TARGETS {
        let (statuses, text) = statuses(&openai, &head("GET", target, "connection: close\r\n")).await;
        assert!(matches!(statuses[..], [400 | 403]), "{target} {text}");
    }
    assert_eq!(
        (
            node.server.records.count(),
            upstream.server.records.count(),
            fake.server.records.count()
        ),
        (0, 0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_do_not_belong_into_a_head_reach_nobody() {
    let (node, world) = node().await;
    for request in [
        format!(
            "GET /api/e\0cho HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-api-key: {CLIENT_KEY}\r\n\r\n"
        ),
        format!(
            "GET /api/e\rcho HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-api-key: {CLIENT_KEY}\r\n\r\n"
        ),
        format!("GET /api/echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-api-key : {CLIENT_KEY}\r\n\r\n"),
        format!(
            "GET /api/echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-api-key: {CLIENT_KEY}\0\r\n\r\n"
        ),
        format!("GET /api/echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\n x-api-key: {CLIENT_KEY}\r\n\r\n"),
        "CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\nconnection: close\r\n\r\n".to_owned(),
    ] {
        let (statuses, text) = statuses(&world, &request).await;
        assert!(matches!(statuses[..], [] | [400 | 405]), "{request:?} {text}");
    }
    assert_eq!(node.server.records.count(), 0);
    assert_eq!(
        sent(world.get("/api/echo")).await.status(),
        200,
        "the relay lives"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_are_too_large_are_refused() {
    let (node, world) = node().await;
    let long = format!("x-long: {}\r\n", "x".repeat(70 * 1024));
    let many: String = (0..150).map(|n| format!("x-{n}: 1\r\n")).collect();
    let huge = format!("x-huge: {}\r\n", "x".repeat(2 << 20));
    for lines in [long, many, huge] {
        let (statuses, _) = statuses(&world, &head("GET", "/api/echo", &lines)).await;
        assert!(matches!(statuses[..], [] | [400]), "{}", lines.len());
    }
    assert_eq!(node.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_all_answered_in_order() {
    let (node, world) = node().await;
    let mut socket = connect(&world).await;
    let posted = format!("{}hello", head("POST", "/api/echo?n=2", "content-length: 5\r\n"));
    let coded = format!(
        "{}5\r\nhello\r\n0\r\n\r\n",
        head("POST", "/api/echo?n=3", "transfer-encoding: chunked\r\n")
    );
    let all = [
        head("GET", "/api/echo?n=1", ""),
        posted,
        coded,
        head("GET", "/nowhere", ""),
        head("GET", "/api/echo?n=5", ""),
    ];
    socket.write_all(all.concat().as_bytes()).await.unwrap();
    for (n, status) in [(1, 200), (2, 200), (3, 200), (4, 404), (5, 200)] {
        let answer = read_answer(&mut socket).await;
        assert_eq!(answer.status, status, "{n}");
        assert!(
            status == 404 || answer.text().contains(&format!("\"query\":\"n={n}\"")),
            "{n} {}",
            answer.text()
        );
    }
    assert_eq!(node.server.records.count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn escapes_and_queries_are_forwarded_as_they_were_sent() {
    let (fake, _, plan) = openai(1).await;
    let world = plan.start();
    for target in [
        "/v1/models/openai%2Fgpt-5-mini",
        "/v1/models/openai/gpt-5-mini?a=%20b&c=%2F&d",
        "/v1/models/openai%2fgpt-5-mini?",
    ] {
        let mut socket = connect(&world).await;
        socket
            .write_all(head("GET", target, "").as_bytes())
            .await
            .unwrap();
        assert_eq!(read_answer(&mut socket).await.status, 200, "{target}");
        assert_eq!(fake.server.records.all().pop().unwrap().target, target);
    }
    let (node, world) = node().await;
    for target in [
        "/api/echo?x=1&x=2&y=a+b",
        "/api/echo?key=%E2%82%AC",
        "/api/echo/%41%7e;p=1",
    ] {
        let mut socket = connect(&world).await;
        socket
            .write_all(head("GET", target, "").as_bytes())
            .await
            .unwrap();
        read_answer(&mut socket).await;
        assert_eq!(node.server.records.all().pop().unwrap().target, target);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hop_by_hop_headers_and_the_clients_whereabouts_stay_here() {
    let (node, world) = node().await;
    let lines = "connection: x-mine, close\r\nx-mine: 1\r\nte: trailers\r\nkeep-alive: 5\r\nproxy-authorization: a\r\n\
                 upgrade: h2c\r\nhttp2-settings: x\r\nx-forwarded-for: 1.2.3.4\r\ncookie: a=b\r\nx-other: stays\r\nx-request-id: mine\r\n";
    let (statuses, _) = statuses(&world, &head("GET", "/api/echo", lines)).await;
    assert_eq!(statuses, [200]);
    let record = node.server.records.all().remove(0);
    let mut names: Vec<_> = record.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["host", "x-other", "x-request-id"]);
    assert_ne!(record.header("x-request-id"), Some("mine"));
    assert_eq!(record.header("host"), Some(node.server.addr.to_string().as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_query_is_taken_out() {
    let (node, world) = node().await;
    let target = format!("/api/echo?a=1&key={CLIENT_KEY}&b=2");
    assert_eq!(sent(world.get(&target)).await.status(), 200);
    assert_eq!(node.server.records.all()[0].target, "/api/echo?a=1&b=2");
}
