//! Pool keys that are a username and a password.

use axum::http::StatusCode;
use potluck_filters::secret::Secret;
use potluck_filters::snapshot::PoolKeyChange;
use serde_json::json;

use super::{Relay, id};
use crate::caller::By;

#[tokio::test]
async fn a_login_waits_for_its_token_and_is_never_shown() {
    let relay = Relay::seeded().await;
    let body =
        json!({ "upstream": "novelai", "username": " who@example.org ", "password": "hunter2-hunter2" });
    let (status, added) = relay.post("/manage/v1/pool-keys", body).await;
    assert_eq!(status, StatusCode::CREATED, "{added}");
    assert_eq!(
        (&added["kind"], &added["state"]),
        (&json!("login"), &json!("pending"))
    );
    let told = added.to_string();
    assert!(!told.contains("hunter2") && !told.contains("who@"), "{told}");
    relay.probed_well(&added).await;
    assert_eq!(relay.last_given().pool_keys, [PoolKeyChange::Gone(id(&added))]);
    let mut turn = relay.control.turn(&By::job("test")).await.unwrap();
    let token = Secret::new("eyJ.token.text");
    turn.change()
        .save_token(id(&added), &token, super::NOW + 9)
        .await
        .unwrap();
    turn.end_job().await.unwrap();
    assert!(matches!(
        relay.last_given().pool_keys[..],
        [PoolKeyChange::Put(_)]
    ));
    let (_, told) = relay.get(&format!("/manage/v1/pool-keys/{}", added["id"])).await;
    assert_eq!(told["token_expires_at"], super::NOW + 9);
    assert!(!told.to_string().contains("eyJ"));
}

#[tokio::test]
async fn a_login_is_whole_and_no_token_besides() {
    let relay = Relay::seeded().await;
    for (fields, field) in [
        (json!({ "username": "who@example.org" }), "credential"),
        (json!({ "password": "hunter2" }), "credential"),
        (json!({}), "credential"),
        (
            json!({ "credential": "pst-a", "username": "who@example.org", "password": "hunter2" }),
            "credential",
        ),
        (json!({ "username": "", "password": "hunter2" }), "username"),
        (
            json!({ "username": "who@example.org", "password": "" }),
            "password",
        ),
    ] {
        let mut body = fields.clone();
        body["upstream"] = json!("novelai");
        let (status, problem) = relay.post("/manage/v1/pool-keys", body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}: {problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.starts_with(field) && !detail.contains("hunter2"),
            "{fields}: {detail}"
        );
    }
}

#[tokio::test]
async fn only_an_upstream_that_is_probed_takes_logins() {
    let relay = Relay::seeded().await;
    let body = json!({ "upstream": "vercel", "username": "who@example.org", "password": "hunter2" });
    let (status, problem) = relay.post("/manage/v1/pool-keys", body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        problem["detail"].as_str().unwrap().contains("takes no logins"),
        "{problem}"
    );
}

#[tokio::test]
async fn the_same_account_twice_is_a_conflict() {
    let relay = Relay::seeded().await;
    for (username, expected) in [
        ("who@example.org", StatusCode::CREATED),
        ("Who@Example.org", StatusCode::CONFLICT),
    ] {
        let body = json!({ "upstream": "novelai", "username": username, "password": "hunter2" });
        let (status, told) = relay.post("/manage/v1/pool-keys", body).await;
        assert_eq!(status, expected, "{told}");
    }
}
