//! Client keys over the API.

use axum::http::{Method, StatusCode};
use potluck_filters::limit::Limit;
use potluck_filters::model::KeyHash;
use serde_json::json;

use super::{NOW, Relay};

#[tokio::test]
async fn a_new_key_is_shown_once_and_served_at_once() {
    let relay = Relay::seeded().await;
    let created = relay
        .create_key(json!({ "name": "laptop", "rate_limit": 0, "concurrency": 2 }))
        .await;
    let text = created["text"].as_str().unwrap();
    assert!(text.starts_with("np-") && text.len() == 46);
    assert_eq!(created["key"]["hint"], text[42..]);
    let served = &relay.last_given().client_keys[0];
    assert_eq!(
        (served.hash, served.rate_limit),
        (KeyHash::of(text), Limit::Unlimited)
    );
    assert_eq!(served.concurrency, Limit::AtMost(2));
    let (_, shown) = relay
        .get(&format!("/manage/v1/keys/{}", created["key"]["id"]))
        .await;
    let mut expected = created["key"].clone();
    expected["effective"] = json!({ "limit": { "rate_limit": null, "barred": null }, "is_keys_own": false });
    assert_eq!(shown, expected);
    assert!(!shown.to_string().contains(&text[3..]));
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_null_clears() {
    let relay = Relay::seeded().await;
    let new = json!({ "name": "a", "rate_limit": 5, "models": ["gpt-*"], "addresses": ["10.0.0.0/8"],
                      "expires_at": NOW + 1000 });
    let created = relay.create_key(new).await;
    let path = format!("/manage/v1/keys/{}", created["key"]["id"]);
    let edit = json!({ "name": "b", "models": null, "concurrency": 0, "state": "disabled" });
    let (status, edited) = relay.patch(&path, edit).await;
    assert_eq!(status, StatusCode::OK, "{edited}");
    let mut expected = created["key"].clone();
    expected["name"] = json!("b");
    expected["models"] = json!(null);
    expected["concurrency"] = json!(0);
    expected["state"] = json!("disabled");
    expected["revision"] = json!(created["key"]["revision"].as_i64().unwrap() + 1);
    expected["effective"] = json!({ "limit": { "rate_limit": 5, "barred": null }, "is_keys_own": true });
    assert_eq!(edited, expected);
    assert_eq!(
        relay.patch(&path, json!({ "state": "active" })).await.1["state"],
        "active"
    );
}

#[tokio::test]
async fn a_revoked_key_stays_revoked() {
    let relay = Relay::seeded().await;
    let created = relay.create_key(json!({ "name": "a" })).await;
    let path = format!("/manage/v1/keys/{}", created["key"]["id"]);
    let (status, revoked) = relay.post(&format!("{path}/revoke"), json!({})).await;
    assert_eq!((status, &revoked["state"]), (StatusCode::OK, &json!("revoked")));
    let before = relay.edge.given.lock().len();
    assert_eq!(
        relay.post(&format!("{path}/revoke"), json!({})).await,
        (StatusCode::OK, revoked)
    );
    assert_eq!(relay.edge.given.lock().len(), before);
    let (status, problem) = relay.patch(&path, json!({ "state": "active" })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("final_state"))
    );
}

#[tokio::test]
async fn pages_follow_one_another_to_the_end() {
    let relay = Relay::seeded().await;
    for n in 0..5 {
        relay.create_key(json!({ "name": format!("key {n}") })).await;
    }
    let (mut names, mut after) = (Vec::new(), json!(0));
    while !after.is_null() {
        let (_, page) = relay.get(&format!("/manage/v1/keys?limit=2&after={after}")).await;
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key["name"].clone()),
        );
        after = page["next"].clone();
    }
    assert_eq!(names, ["key 0", "key 1", "key 2", "key 3", "key 4"]);
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_field() {
    let relay = Relay::seeded().await;
    for (body, field) in [
        (json!({ "name": " " }), "name"),
        (json!({ "name": "a\nb" }), "name"),
        (json!({ "name": "a", "expires_at": NOW / 1000 }), "expires_at"),
        (json!({ "name": "a", "models": ["g*t"] }), "models"),
        (json!({ "name": "a", "user": 999 }), "user"),
    ] {
        let (status, problem) = relay.post("/manage/v1/keys", body.clone()).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_field")),
            "{body}"
        );
        assert!(
            problem["detail"].as_str().unwrap().starts_with(field),
            "{problem}"
        );
    }
    assert_eq!(relay.get("/manage/v1/keys").await.1["items"], json!([]));
}

#[tokio::test]
async fn a_key_that_is_not_there_is_404() {
    let relay = Relay::seeded().await;
    for (method, path) in [
        (Method::GET, "/manage/v1/keys/999"),
        (Method::PATCH, "/manage/v1/keys/999"),
        (Method::POST, "/manage/v1/keys/999/revoke"),
    ] {
        let (status, problem) = relay.send(method, path, "{}".to_owned()).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &json!("not_found"))
        );
    }
}

#[tokio::test]
async fn without_an_admin_nobody_owns_a_key() {
    let relay = Relay::new().await;
    let (status, problem) = relay.post("/manage/v1/keys", json!({ "name": "a" })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("no_admin"))
    );
    assert!(problem["detail"].as_str().unwrap().contains("potluck init"));
}

#[tokio::test]
async fn all_fields_that_are_wrong_are_told_at_once_with_where_they_stand() {
    let relay = Relay::seeded().await;
    let new = json!({ "name": " ", "expires_at": NOW - 1, "models": ["a*b"] });
    let (status, problem) = relay.post("/manage/v1/keys", new).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_field"))
    );
    let errors = problem["errors"].as_array().unwrap();
    let pointers: Vec<_> = errors
        .iter()
        .map(|one| one["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["/name", "/expires_at", "/models"], "{problem}");
    assert!(errors[0]["detail"] == "must not be empty", "{problem}");
    let created = relay.create_key(json!({ "name": "a" })).await;
    let path = format!("/manage/v1/keys/{}", created["key"]["id"]);
    let (_, one) = relay.patch(&path, json!({ "models": [""] })).await;
    assert_eq!(one["errors"][0]["pointer"], "/models", "{one}");
    let (_, none) = relay.get("/manage/v1/keys/99").await;
    assert!(none.get("errors").is_none(), "{none}");
    let weights = json!({ "weights": { "tablet": -1.0 }, "max": 4_000_000_000_u32 });
    let (_, limits) = relay.patch("/manage/v1/limits", weights).await;
    let pointers: Vec<_> = limits["errors"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&pointers[0]["pointer"], &pointers[1]["pointer"]),
        (&json!("/max"), &json!("/weights/tablet"))
    );
}
