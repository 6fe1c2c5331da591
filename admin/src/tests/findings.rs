//! Findings: opened by what is seen, taken note of by people, over when it is over; and told to webhooks.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use parking_lot::Mutex;
use potluck_filters::finding::FailedAttempt;
use potluck_filters::health::Condition;
use potluck_filters::id::{OutboundProxyId, PoolKeyId};
use potluck_filters::judge::{Outcome, RuleName};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

use super::{NOW, Relay, clock, pass};
use crate::sight::SightSettings;
use crate::sight::alerts::Postman;
use crate::sight::keeper::Keeper;

const PATH: &str = "/manage/v1/findings";
const ALERTS: &str = "/manage/v1/alerts";

fn keeper(relay: &Relay) -> Keeper {
    Keeper::new(Arc::clone(&relay.control), SightSettings::default(), clock)
}

fn postman(relay: &Relay) -> Postman {
    Postman::new(Arc::clone(&relay.control), clock, || 0.5)
}

/// Lets the keeper look for so many milliseconds.
async fn look(keeper: &mut Keeper, ms: i64) {
    for _ in 0..ms / 5000 {
        pass(5000);
        keeper.look().await;
    }
}

async fn found(relay: &Relay, query: &str) -> Vec<Value> {
    let (status, findings) = relay.get(&format!("{PATH}?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{findings}");
    findings["items"].as_array().unwrap().clone()
}

fn fail_alike(relay: &Relay) {
    let failed = (1..=4).map(|key| FailedAttempt {
        at: clock(),
        key: Some(PoolKeyId(key)),
        proxy: Some(OutboundProxyId(7)),
        outcome: Outcome::Egress,
        rule: RuleName::BuiltIn("cloudflare"),
    });
    let failed = failed.map(|one| ("novelai".to_owned(), one));
    relay.edge.failed.lock().extend(failed);
}

#[tokio::test]
async fn keys_that_fail_alike_are_found_acknowledged_and_over() {
    let relay = Relay::seeded().await;
    let mut keeper = keeper(&relay);
    keeper.look().await;
    assert_eq!(found(&relay, "").await, Vec::<Value>::new());
    fail_alike(&relay);
    look(&mut keeper, 10_000).await;
    let open = found(&relay, "").await;
    assert_eq!(open.len(), 1, "{open:?}");
    let finding = &open[0];
    assert_eq!(finding["kind"], "keys_fail_alike");
    assert_eq!(
        (&finding["severity"], &finding["whose"]),
        (&json!("critical"), &json!("egress"))
    );
    assert_eq!(finding["evidence"]["examples"], json!([1, 2, 3, 4]));
    assert_eq!(finding["actions"][0]["path"], "/manage/v1/outbound-proxies/7");
    let path = format!("{PATH}/{}", finding["id"]);
    let body = json!({ "note": "asked the provider", "until": clock() + 60_000 });
    let (status, told) = relay.post(&format!("{path}/acknowledge"), body).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(told["acknowledged"]["note"], "asked the provider");
    let (status, _) = relay
        .post(&format!("{path}/acknowledge"), json!({ "until": 5 }))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    look(&mut keeper, 200_000).await;
    assert_eq!(found(&relay, "").await, Vec::<Value>::new());
    let over = found(&relay, "state=resolved&kind=keys_fail_alike").await;
    assert_eq!(over.len(), 1);
    assert!(over[0]["ended_at"].as_i64().unwrap() > NOW);
    let (status, _) = relay.post(&format!("{path}/acknowledge"), json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (_, audit) = relay.get("/manage/v1/audit?act=finding.").await;
    assert_eq!(audit["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_keeper_goes_on_with_what_is_open() {
    let relay = Relay::seeded().await;
    *relay.edge.condition.lock() = Condition::Unhealthy;
    let mut first = keeper(&relay);
    look(&mut first, 10_000).await;
    let before = found(&relay, "").await;
    assert_eq!(before[0]["kind"], "node_down");
    assert_eq!(before[0]["subject"], "gpu/gpu-1");
    first.close().await;
    pass(120_000);
    let mut second = keeper(&relay);
    look(&mut second, 10_000).await;
    let after = found(&relay, "state=all").await;
    assert_eq!(after.len(), 1, "{after:?}");
    assert_eq!(after[0]["id"], before[0]["id"]);
}

#[tokio::test]
async fn listeners_hear_that_findings_changed() {
    let relay = Relay::seeded().await;
    let mut heard = relay.control.events.listen(None).1;
    let mut keeper = keeper(&relay);
    fail_alike(&relay);
    look(&mut keeper, 5000).await;
    let open = found(&relay, "").await;
    let mut told = Vec::new();
    while let Ok(event) = heard.try_recv() {
        told.push((event.kind.as_str(), event.ids.clone()));
    }
    let id = open[0]["id"].as_i64().unwrap();
    assert!(told.contains(&("finding", vec![id])), "{told:?}");
}

/// What came, and what is answered.
#[derive(Clone, Default)]
struct Receiver {
    came: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
}

impl Receiver {
    /// Listens, and says where.
    async fn open() -> (Self, String) {
        let receiver = Self::default();
        let taking = receiver.clone();
        let take = move |head: HeaderMap, body: Bytes| {
            let text = String::from_utf8(body.to_vec()).unwrap();
            taking.came.lock().push((head, text));
            let answer = taking.answers.lock().pop().unwrap_or(StatusCode::OK);
            async move { (answer, [("location", "/elsewhere")]) }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?token=s3cret", listener.local_addr().unwrap());
        let router = Router::new().fallback(post(take));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (receiver, url)
    }

    fn events(&self) -> Vec<String> {
        let came = self.came.lock();
        let events = came
            .iter()
            .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap());
        events
            .map(|body| body["event"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn add(relay: &Relay, url: &str, besides: Value) -> (i64, String) {
    let mut body = json!({ "name": "oncall", "url": url, "allow_private": true });
    body.as_object_mut()
        .unwrap()
        .extend(besides.as_object().unwrap().clone());
    let (status, added) = relay.post(ALERTS, body).await;
    assert_eq!(status, StatusCode::CREATED, "{added}");
    let shown = added["target"].to_string();
    assert!(!shown.contains("s3cret") && !shown.contains("hook"), "{shown}");
    let secret = added["secret"].as_str().unwrap().to_owned();
    (added["target"]["id"].as_i64().unwrap(), secret)
}

#[tokio::test]
async fn a_webhook_is_told_once_that_a_finding_opened_and_once_that_it_is_over_and_can_check_it() {
    let relay = Relay::seeded().await;
    let (receiver, url) = Receiver::open().await;
    let (id, secret) = add(&relay, &url, json!({})).await;
    let (mut keeper, mut postman) = (keeper(&relay), postman(&relay));
    keeper.look().await;
    *relay.edge.condition.lock() = Condition::Unhealthy;
    for _ in 0..4 {
        look(&mut keeper, 10_000).await;
        postman.go_round().await;
    }
    assert_eq!(receiver.events(), ["opened"]);
    let (head, body) = receiver.came.lock()[0].clone();
    let signature = head["x-potluck-signature"].to_str().unwrap().to_owned();
    let (at, digits) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    let digest = mac.finalize().into_bytes();
    let known: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digits, known);
    assert_eq!(head["x-potluck-event"], "opened");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["finding"]["kind"], "node_down");
    *relay.edge.condition.lock() = Condition::Healthy;
    look(&mut keeper, 90_000).await;
    postman.go_round().await;
    postman.go_round().await;
    assert_eq!(receiver.events(), ["opened", "resolved"]);
    let (_, log) = relay.get(&format!("{ALERTS}/{id}/deliveries")).await;
    let states = log["items"].as_array().unwrap().iter();
    let states: Vec<_> = states
        .map(|one| (one["event"].clone(), one["state"].clone()))
        .collect();
    assert_eq!(
        states,
        [
            (json!("resolved"), json!("delivered")),
            (json!("opened"), json!("delivered"))
        ]
    );
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_and_no_redirect_is_followed() {
    let relay = Relay::seeded().await;
    let (receiver, url) = Receiver::open().await;
    let (id, _) = add(&relay, &url, json!({ "secret": "sixteen characters or more" })).await;
    *receiver.answers.lock() = vec![StatusCode::FOUND, StatusCode::INTERNAL_SERVER_ERROR];
    let (mut keeper, mut postman) = (keeper(&relay), postman(&relay));
    *relay.edge.condition.lock() = Condition::Unhealthy;
    look(&mut keeper, 5000).await;
    for (ms, tries) in [(0, 1), (4000, 1), (1000, 2), (9000, 2), (1000, 3), (60_000, 3)] {
        pass(ms);
        postman.go_round().await;
        assert_eq!(receiver.came.lock().len(), tries, "after {ms} ms");
    }
    let (_, log) = relay.get(&format!("{ALERTS}/{id}/deliveries")).await;
    let one = &log["items"][0];
    assert_eq!(
        (&one["state"], &one["attempts"]),
        (&json!("delivered"), &json!(3))
    );
    *receiver.answers.lock() = vec![StatusCode::FOUND];
    let (_, tested) = relay.post(&format!("{ALERTS}/{id}/test"), json!({})).await;
    assert_eq!(
        (&tested["delivered"], &tested["status"]),
        (&json!(false), &json!(302))
    );
    assert!(
        tested["error"]
            .as_str()
            .unwrap()
            .contains("redirects are not followed")
    );
}

#[tokio::test]
async fn quiet_hours_hold_back_all_but_what_is_critical_until_they_are_over() {
    let relay = Relay::seeded().await;
    let (receiver, url) = Receiver::open().await;
    // NOW is 2026-09-21, 14:13 UTC.
    let quiet = json!({ "quiet": { "from": 14, "to": 15, "zone": "UTC" } });
    let (id, _) = add(&relay, &url, quiet).await;
    let (mut keeper, mut postman) = (keeper(&relay), postman(&relay));
    let key = relay.add("pst-one").await;
    let other = relay.add("pst-two").await;
    relay.probed_well(&other).await;
    relay.refused(&key).await;
    look(&mut keeper, 10_000).await;
    postman.go_round().await;
    assert_eq!(receiver.events(), Vec::<String>::new());
    fail_alike(&relay);
    look(&mut keeper, 10_000).await;
    postman.go_round().await;
    assert_eq!(receiver.events(), ["opened"], "critical");
    pass(3_600_000);
    postman.go_round().await;
    postman.go_round().await;
    assert_eq!(receiver.events(), ["opened", "digest"]);
    let digest: Value = serde_json::from_str(&receiver.came.lock()[1].1).unwrap();
    assert_eq!(digest["messages"][0]["finding"]["kind"], "key_invalid");
    let (_, log) = relay.get(&format!("{ALERTS}/{id}/deliveries")).await;
    assert!(log.to_string().contains("digested"), "{log}");
}

#[tokio::test]
async fn webhooks_are_edited_refused_and_removed_and_never_shown() {
    let relay = Relay::seeded().await;
    let (receiver, url) = Receiver::open().await;
    for (url, word) in [
        (url.as_str(), "allow_private"),
        ("http://169.254.169.254/x", "metadata"),
        ("nothing", "https://"),
    ] {
        let body = json!({ "name": "bad", "url": url });
        let (status, problem) = relay.post(ALERTS, body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        let shown = problem.to_string();
        assert!(shown.contains(word) && !shown.contains("s3cret"), "{shown}");
    }
    let (id, _) = add(&relay, &url, json!({ "kinds": ["node_down"] })).await;
    let path = format!("{ALERTS}/{id}");
    let (status, problem) = relay
        .patch(&path, json!({ "url": "https://elsewhere.example/x" }))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "its secret: {problem}");
    let edit = json!({ "min_severity": "critical", "kinds": null, "enabled": false, "name": "night" });
    let (status, told) = relay.patch(&path, edit).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(
        (
            &told["kinds"],
            &told["min_severity"],
            &told["enabled"],
            &told["name"]
        ),
        (&Value::Null, &json!("critical"), &json!(false), &json!("night"))
    );
    *relay.edge.condition.lock() = Condition::Unhealthy;
    look(&mut keeper(&relay), 10_000).await;
    postman(&relay).go_round().await;
    assert_eq!(receiver.events(), Vec::<String>::new(), "it is off");
    let (_, tested) = relay.post(&format!("{path}/test"), json!({})).await;
    assert_eq!(tested["delivered"], true);
    assert_eq!(receiver.events(), ["test"]);
    let (_, audit) = relay.get("/manage/v1/audit?act=alert_target.").await;
    assert!(!audit.to_string().contains("s3cret"), "{audit}");
    let (status, _) = relay.send(Method::DELETE, &path, String::new()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(relay.get(&path).await.0, StatusCode::NOT_FOUND);
}
