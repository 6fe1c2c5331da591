//! The audit log over the API: each change is one entry, and no entry has a secret.

use potluck_filters::id::UserId;
use potluck_store::table::audit::Fault;

use super::*;
use crate::audit::{Act, Author, Note, Object};
use crate::caller::By;
use crate::error::ControlError;

async fn entries(relay: &Relay, query: &str) -> Vec<Value> {
    let (status, page) = relay.get(&format!("/manage/v1/audit?limit=1000{query}")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["items"].as_array().unwrap().clone()
}

async fn delete(relay: &Relay, path: &str) {
    let (status, answer) = relay.send(Method::DELETE, path, String::new()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// The answer's text, whatever its type.
async fn text(relay: &Relay, path: &str) -> (String, String) {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let answer = relay.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (kind, String::from_utf8(bytes.to_vec()).unwrap())
}

/// One of each change, with secrets wherever some can be. Gives the client key's text.
async fn change_everything(relay: &Relay) -> String {
    let key = relay.create_key(json!({ "name": "laptop" })).await;
    let key_path = format!("/manage/v1/keys/{}", key["key"]["id"]);
    relay.patch(&key_path, json!({ "rate_limit": 9 })).await;
    for _ in 0..2 {
        let (status, _) = relay.post(&format!("{key_path}/revoke"), json!({})).await;
        assert_eq!(status, StatusCode::OK);
    }
    let pool = relay.add("pst-secret-0123456789").await;
    let pool_path = format!("/manage/v1/pool-keys/{}", pool["id"]);
    relay.patch(&pool_path, json!({ "label": "mine" })).await;
    relay.post(&format!("{pool_path}/check"), json!({})).await;
    relay.post(&format!("{pool_path}/withdraw"), json!({})).await;
    let many = json!({ "upstream": "novelai", "lines": ["pst-secret-1", "pst-secret-2", "pst-secret-1"] });
    relay.post("/manage/v1/pool-keys/import", many).await;
    relay.post("/manage/v1/pool-keys/check", json!({})).await;
    change_the_house(relay).await;
    key["text"].as_str().unwrap().to_owned()
}

/// What is not about keys.
async fn change_the_house(relay: &Relay) {
    let proxy = json!({ "name": "sg", "url": "socks5://192.0.2.9:1080", "login": {"username": "u-secret", "password": "p-secret"} });
    let (_, proxy) = relay.post("/manage/v1/outbound-proxies", proxy).await;
    let proxy_path = format!("/manage/v1/outbound-proxies/{}", proxy["id"]);
    let login = json!({ "login": {"username": "u-secret", "password": "p-secret-2"} });
    relay.patch(&proxy_path, login).await;
    delete(relay, &proxy_path).await;
    relay
        .patch("/manage/v1/upstreams/novelai", json!({ "policy": "least-busy" }))
        .await;
    let user = json!({ "name": "guest", "role": "user", "password": "a-long-secret-of-mine" });
    let (status, _) = relay.post("/manage/v1/users", user).await;
    assert_eq!(status, StatusCode::CREATED);
}

/// What that is in the log.
const CHANGES: [&str; 15] = [
    "user.created",
    "client_key.created",
    "client_key.edited",
    "client_key.revoked",
    "pool_key.added",
    "pool_key.edited",
    "pool_key.checked",
    "pool_key.withdrawn",
    "pool_key.imported",
    "pool_key.many_checked",
    "outbound_proxy.added",
    "outbound_proxy.edited",
    "outbound_proxy.removed",
    "upstream.edited",
    "user.created",
];

#[tokio::test]
async fn each_change_is_one_entry_and_none_has_a_secret() {
    let relay = Relay::seeded().await;
    let text = change_everything(&relay).await;
    let noted = entries(&relay, "").await;
    let acts: Vec<_> = noted
        .iter()
        .rev()
        .map(|entry| entry["act"].as_str().unwrap())
        .collect();
    assert_eq!(acts, CHANGES);
    let all = serde_json::to_string(&noted).unwrap();
    for secret in ["secret", "np-", text.as_str()] {
        assert!(!all.contains(secret), "{all}");
    }
    let edited = |act: &str| noted.iter().find(|entry| entry["act"] == act).unwrap();
    let key = edited("client_key.edited");
    assert_eq!(
        (&key["before"], &key["after"]),
        (&json!({"rate_limit": 0}), &json!({"rate_limit": 9}))
    );
    assert_eq!(
        (&key["actor_kind"], &key["object_name"]),
        (&json!("operator"), &json!("laptop"))
    );
    assert_eq!(
        edited("outbound_proxy.edited")["after"],
        json!({"login_changed": true})
    );
    assert_eq!(
        edited("upstream.edited")["after"],
        json!({"policy": "least-busy"})
    );
    assert_eq!(edited("pool_key.imported")["after"]["count"], 2);
}

#[tokio::test]
async fn a_change_that_is_refused_is_no_entry_and_one_of_a_person_is_never_without() {
    let relay = Relay::seeded().await;
    relay.edge.refuses.store(true, Ordering::SeqCst);
    let (status, _) = relay.post("/manage/v1/keys", json!({ "name": "laptop" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    relay.edge.refuses.store(false, Ordering::SeqCst);
    let turn = relay.control.turn(&By::OPERATOR).await.unwrap();
    let before = relay.control.store().revision().await.unwrap();
    assert!(matches!(turn.end_job().await, Err(ControlError::Unnoted)));
    assert_eq!(relay.control.store().revision().await.unwrap(), before);
    assert_eq!(entries(&relay, "").await.len(), 1);
}

#[tokio::test]
async fn the_log_is_exported_whole_and_page_by_page() {
    let relay = Relay::seeded().await;
    for _ in 0..3 {
        relay.create_key(json!({ "name": "=1+1" })).await;
    }
    let (kind, lines) = text(&relay, "/manage/v1/audit/export").await;
    assert_eq!(kind, "application/x-ndjson");
    let ids: Vec<i64> = lines
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["id"]
                .as_i64()
                .unwrap()
        })
        .collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    let (kind, csv) = text(&relay, "/manage/v1/audit/export?format=csv&act=client_key.").await;
    assert_eq!(kind, "text/csv; charset=utf-8");
    assert_eq!(csv.lines().count(), 4);
    assert!(csv.contains(",\"'=1+1\","), "{csv}");
    let page = entries(&relay, "&after=3").await;
    assert_eq!(page.iter().map(|entry| &entry["id"]).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(entries(&relay, "&act=user.created").await.len(), 1);
    assert_eq!(entries(&relay, "&q=%3D1").await.len(), 3);
    let (status, problem) = relay.get("/manage/v1/audit?nonsense=1").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("unreadable_request"))
    );
}

#[tokio::test]
async fn a_head_that_was_kept_is_held_against_the_log() {
    let relay = Relay::seeded().await;
    let (_, head) = relay.get("/manage/v1/audit/head").await;
    assert_eq!(head["entries"], 1);
    relay.create_key(json!({ "name": "laptop" })).await;
    let verify = async |head: &Value| {
        relay
            .post("/manage/v1/audit/verify", json!({ "head": head }))
            .await
    };
    let (status, verified) = verify(&head).await;
    assert_eq!(
        (status, verified),
        (StatusCode::OK, json!({"ok": true, "entries": 2, "broken": null}))
    );
    let mut later = head.clone();
    later["entries"] = json!(9);
    assert_eq!(
        verify(&later).await.1["broken"],
        json!({"entry": 3, "fault": Fault::Missing})
    );
    let mut other = head.clone();
    other["mac"] = json!("00".repeat(32));
    assert_eq!(
        verify(&other).await.1["broken"],
        json!({"entry": 1, "fault": Fault::KnownHead})
    );
    for (field, value) in [("epoch", json!("another")), ("mac", json!("xyz"))] {
        let mut head = head.clone();
        head[field] = value;
        assert_eq!(verify(&head).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
    }
}

#[tokio::test]
async fn what_is_no_change_of_the_edge_is_noted_too_and_guessing_does_not_fill_the_log() {
    let relay = Relay::seeded().await;
    let owner = UserId(1);
    let address = Some([192, 0, 2, 1].into());
    for _ in 0..5 {
        relay
            .control
            .note_failed_login(Some(owner), address)
            .await
            .unwrap();
    }
    let note = Note::new(Act::SessionBegan, Object::user(owner, "owner"));
    relay
        .control
        .note(Author::user(owner, address), note)
        .await
        .unwrap();
    relay.control.settle_failures().await.unwrap();
    let noted = entries(&relay, "&act=session.").await;
    let told: Vec<_> = noted
        .iter()
        .map(|entry| {
            (
                &entry["act"],
                &entry["actor_name"],
                &entry["address"],
                &entry["after"],
            )
        })
        .collect();
    let from = json!("192.0.2.1");
    assert_eq!(
        told,
        [
            (&json!("session.began"), &json!("owner"), &from, &Value::Null),
            (&json!("session.failed"), &json!(""), &from, &json!({"times": 1})),
        ]
    );
}
