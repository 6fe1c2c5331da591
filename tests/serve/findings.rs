//! What a running relay finds to be wrong, and how things fared before and after a stop.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use potluck_fakes::fault::Fault;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::database::Database;
use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::chat;

/// Asks until the answer is one that will do.
async fn until(installation: &Installation, line: &str, will_do: impl Fn(&Value) -> bool) -> Value {
    let asked = async {
        loop {
            let answer = installation.run(line).await.ok().json();
            if will_do(&answer) {
                return answer;
            }
        }
    };
    let answered = tokio::time::timeout(Duration::from_secs(60), asked).await;
    answered.unwrap_or_else(|_| panic!("`potluck {line}` never said so"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_accepted_is_found_with_what_can_be_done_and_stays_found_over_a_restart() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start(&installation).await;
    installation
        .feed("pool add novelai --label bad", "pst-that-nobody-knows-0123456789")
        .await
        .ok();
    assert_eq!(installation.run("pool check bad").await.code, Some(1));
    let of_key = |answer: &Value| {
        let items = answer["items"].as_array().expect("items");
        items.iter().find(|one| one["kind"] == "key_invalid").cloned()
    };
    let found = until(&installation, "findings list --json", |answer| {
        of_key(answer).is_some()
    })
    .await;
    let finding = of_key(&found).expect("a finding");
    assert_eq!(finding["whose"], "contributor");
    let line = format!("findings ack {} --note looking", finding["id"]);
    let noted = installation.run(&line).await.ok().out;
    assert!(
        noted.contains("looking") && noted.contains("Recheck it"),
        "{noted}"
    );
    relay.stop().await;
    let relay = Relay::start(&installation).await;
    let again = until(&installation, "findings list --json", |answer| {
        answer["checked_at"].as_i64() > found["checked_at"].as_i64()
    })
    .await;
    let again = of_key(&again).expect("it is still there");
    assert_eq!(
        (&again["id"], &again["acknowledged"]["note"]),
        (&finding["id"], &"looking".into())
    );
    relay.stop().await;
}

/// Somebody who is told of findings: where, and of what.
async fn receiver() -> (String, mpsc::UnboundedReceiver<Value>) {
    let (to, told) = mpsc::unbounded_channel();
    let routes = Router::new().route("/hook", post(take)).with_state(to);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, told)
}

async fn take(State(to): State<mpsc::UnboundedSender<Value>>, headers: HeaderMap, body: String) {
    assert!(headers.contains_key("x-potluck-signature"), "{headers:?}");
    let _ = to.send(serde_json::from_str(&body).expect("JSON"));
}

/// Waits for the message that a finding of that kind has opened.
async fn opened(told: &mut mpsc::UnboundedReceiver<Value>, kind: &str) -> Value {
    let told = async {
        loop {
            let message = told.recv().await.expect("a message");
            if message["event"] == "opened" && message["finding"]["kind"] == kind {
                return message["finding"].clone();
            }
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(60), told).await;
    told.unwrap_or_else(|_| panic!("nobody was told of {kind}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_fills_and_an_upstream_that_fails_are_found_and_told() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let (_, key) = installation.client_key().await;
    let mut database = Database::file(&installation);
    let relay = Relay::start_with(&installation, "--set usage.spool=1MiB").await;
    let (url, mut told) = receiver().await;
    let line = "alerts add oncall --allow-private --kind spool_filling --kind error_rate";
    installation.feed(line, &url).await.ok();

    database.lock_usage().await;
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let nowhere = relay.url("/nowhere");
    for _ in 0..2_000 {
        let answer = client.get(&nowhere).send().await.expect("an answer");
        assert_eq!(answer.status(), 404);
    }
    let spool = opened(&mut told, "spool_filling").await;
    assert_eq!(spool["whose"], "relay", "{spool}");
    database.come_back().await;

    let fault = Fault::Status {
        code: 500,
        content_type: "application/json".into(),
        body: "{}".into(),
        headers: Vec::new(),
    };
    world.openai.server.faults.push("*", fault, usize::MAX);
    for _ in 0..25 {
        assert_ne!(chat(&relay, &key).await.status(), 200);
    }
    let failing = opened(&mut told, "error_rate").await;
    assert_eq!(failing["subject"], "vercel", "{failing}");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_start_is_marked_once_with_the_edge_and_its_version() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let none = installation.run("marks").await.ok().out;
    assert!(none.contains("no edge has started yet"), "{none}");
    let starts = |answer: &Value| {
        let items = answer["items"].as_array().expect("items");
        let starts = items.iter().filter(|one| one["kind"] == "start");
        starts.cloned().collect::<Vec<_>>()
    };
    for count in 1..=2 {
        let relay = Relay::start_with(&installation, "--set edge.name=hk-1").await;
        let marks = until(&installation, "marks --json", |answer| {
            starts(answer).len() >= count
        })
        .await;
        let starts = starts(&marks);
        assert_eq!(starts.len(), count, "{marks}");
        let last = starts.last().expect("a start");
        assert_eq!(
            (&last["edge"], &last["version"], &last["at"]),
            (
                &"hk-1".into(),
                &env!("CARGO_PKG_VERSION").into(),
                &marks["last_start_at"]
            )
        );
        relay.stop().await;
    }
    let told = installation.run("marks --range 1h").await.ok().out;
    assert_eq!(told.matches("hk-1 started with").count(), 2, "{told}");
}
