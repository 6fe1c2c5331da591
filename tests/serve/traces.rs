//! Spans of requests, as a collector of traces gets them.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use potluck_fakes::{TestCa, TlsFront};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::{chat, chat_request, client};

/// A collector, and what it was sent.
struct Collector {
    address: SocketAddr,
    spans: mpsc::UnboundedReceiver<Value>,
}

impl Collector {
    async fn start() -> Self {
        let (to, spans) = mpsc::unbounded_channel();
        let routes = Router::new().route("/v1/traces", post(take)).with_state(to);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, spans }
    }

    async fn span(&mut self) -> Value {
        let next = tokio::time::timeout(Duration::from_secs(60), self.spans.recv());
        next.await.expect("a span in time").expect("a span")
    }
}

async fn take(State(to): State<mpsc::UnboundedSender<Value>>, body: String) {
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let resource = &body["resourceSpans"][0];
    assert_eq!(
        resource["resource"]["attributes"][0]["value"]["stringValue"],
        "potluck"
    );
    for span in resource["scopeSpans"][0]["spans"].as_array().expect("spans") {
        let _ = to.send(span.clone());
    }
}

fn attribute<'a>(span: &'a Value, key: &str) -> &'a str {
    let all = span["attributes"].as_array().expect("attributes");
    let found = all.iter().find(|attribute| attribute["key"] == key);
    let value = &found.unwrap_or_else(|| panic!("no {key} in {span}"))["value"];
    let text = value["stringValue"]
        .as_str()
        .or_else(|| value["intValue"].as_str());
    text.expect("text")
}

fn nanos(span: &Value, key: &str) -> u64 {
    span[key]
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("a time")
}

fn is_attempt_of(attempt: &Value, request: &Value) {
    assert_eq!(attempt["traceId"], request["traceId"]);
    assert_eq!(attempt["kind"], 3);
    assert_eq!(attempt["parentSpanId"], request["spanId"]);
    assert_eq!(attribute(attempt, "potluck.outcome"), "ok");
    assert!(nanos(request, "startTimeUnixNano") <= nanos(attempt, "startTimeUnixNano"));
    assert!(nanos(attempt, "startTimeUnixNano") < nanos(attempt, "endTimeUnixNano"));
    assert!(nanos(attempt, "endTimeUnixNano") <= nanos(request, "endTimeUnixNano"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_traced_request_is_part_of_its_callers_trace_and_the_upstream_of_its_own() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let mut collector = Collector::start().await;
    let endpoint = format!("http://{}/v1/traces", collector.address);
    let arguments =
        format!("--set traces.endpoint={endpoint} --set traces.one_in=2 --set edge.server_timing=true");
    let relay = Relay::start_with(&installation, &arguments).await;
    let (_, key) = installation.client_key().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let ask = |flags: &'static str| {
        let request = client().post(relay.url("/v1/chat/completions")).bearer_auth(&key);
        let parent = format!("00-{trace}-00f067aa0ba902b7-{flags}");
        request
            .header("traceparent", parent)
            .json(&chat_request(false))
            .send()
    };
    // Its caller does not want it traced: what it sent passes as it is.
    assert_eq!(ask("00").await.expect("an answer").status(), 200);
    let answer = ask("01").await.expect("an answer");
    let timing = answer.headers()["server-timing"]
        .to_str()
        .expect("text")
        .to_owned();
    let names: Vec<_> = timing
        .split(", ")
        .filter_map(|part| part.split(';').next())
        .collect();
    assert_eq!(names, ["relay", "queue", "upstream"], "{timing}");

    let request = collector.span().await;
    assert_eq!(
        (&request["traceId"], &request["kind"]),
        (&trace.into(), &2.into())
    );
    assert_eq!(request["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(attribute(&request, "http.response.status_code"), "200");
    assert_eq!(attribute(&request, "url.path"), "/v1/chat/completions");
    assert_eq!(attribute(&request, "potluck.attempts"), "1");
    let attempt = collector.span().await;
    is_attempt_of(&attempt, &request);

    let records = world.openai.server.records.all();
    let told: Vec<_> = records
        .iter()
        .filter_map(|record| record.header("traceparent"))
        .collect();
    let own = format!("00-{trace}-{}-01", attempt["spanId"].as_str().expect("an id"));
    assert_eq!(told, [format!("00-{trace}-00f067aa0ba902b7-00"), own]);

    // Of those that bring no context every second one begins a trace; its spans go out before the relay ends.
    for _ in 0..2 {
        assert_eq!(chat(&relay, &key).await.status(), 200);
    }
    let log = relay.stop().await;
    let begun = collector.span().await;
    assert_eq!(begun["parentSpanId"], "", "nobody has called: {begun}");
    assert_ne!(begun["traceId"], trace);
    let rest: Vec<_> = std::iter::from_fn(|| collector.spans.try_recv().ok()).collect();
    assert_eq!(rest.len(), 1, "its attempt: {rest:?}");
    assert!(!log.contains("traces"), "{log}");
}

/// A relay that sends its traces over TLS, with an authority that it trusts besides none.
async fn traced_over_tls(installation: &Installation, front: &TlsFront, trusted: &TestCa) -> String {
    std::fs::write(installation.path("ca.pem"), trusted.pem()).expect("an authority");
    let endpoint = format!("https://{}/v1/traces", front.addr);
    let mut command = installation.command(&format!("serve --set traces.endpoint={endpoint}"));
    command.env("SSL_CERT_FILE", installation.path("ca.pem"));
    let relay = Relay::start_by(command).await;
    let (_, key) = installation.client_key().await;
    assert_eq!(chat(&relay, &key).await.status(), 200);
    relay.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_behind_tls_is_told_where_its_certificate_is_trusted_and_nowhere_else() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let mut collector = Collector::start().await;
    let authority = TestCa::generate().expect("an authority");
    let front = TlsFront::start(&authority, collector.address)
        .await
        .expect("a front");

    let log = traced_over_tls(&installation, &front, &authority).await;
    assert_eq!(
        attribute(&collector.span().await, "url.path"),
        "/v1/chat/completions"
    );
    assert_eq!(collector.span().await["name"], "attempt");
    assert!(!log.contains("traces cannot be sent"), "{log}");

    let other = TestCa::generate().expect("an authority");
    let log = traced_over_tls(&installation, &front, &other).await;
    assert!(
        log.contains("traces cannot be sent") && log.contains("there is no trusted connection"),
        "{log}"
    );
    assert!(collector.spans.try_recv().is_err(), "nobody else is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_costs_spans_and_nothing_else() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let nobody = Collector::start().await.address;
    let elsewhere = format!("--set traces.endpoint=http://{nobody}/elsewhere");
    let relay = Relay::start_with(&installation, &elsewhere).await;
    let (_, key) = installation.client_key().await;
    for _ in 0..3 {
        assert_eq!(chat(&relay, &key).await.status(), 200);
    }
    let log = relay.stop().await;
    let warnings = log
        .lines()
        .filter(|line| line.contains("traces cannot be sent"))
        .count();
    assert_eq!(warnings, 1, "{log}");
}
