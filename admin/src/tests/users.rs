//! Users over the API.

use axum::http::StatusCode;
use serde_json::json;

use super::Relay;

#[tokio::test]
async fn a_user_is_made_with_a_password_that_is_never_shown() {
    let relay = Relay::new().await;
    let body =
        json!({ "name": "ada", "role": "admin", "password": "tram quilt obey lunar", "rate_limit": 0 });
    let (status, user) = relay.post("/manage/v1/users", body).await;
    assert_eq!(status, StatusCode::CREATED, "{user}");
    assert_eq!(
        (&user["has_password"], &user["rate_limit"]),
        (&json!(true), &json!(0))
    );
    let (_, list) = relay.get("/manage/v1/users").await;
    assert_eq!(list["items"], json!([user]));
    // Of some that have changed, those that fit a list.
    let id = &user["id"];
    let (_, these) = relay
        .get(&format!("/manage/v1/users?ids={id},9999&role=admin"))
        .await;
    assert_eq!((&these["items"], &these["next"]), (&json!([user]), &json!(null)));
    let (_, none) = relay.get(&format!("/manage/v1/users?ids={id}&role=user")).await;
    assert_eq!(none["items"], json!([]));
    assert!(!list.to_string().contains("argon2") && !list.to_string().contains("tram"));
}

#[tokio::test]
async fn a_taken_name_a_bad_name_and_a_weak_password_are_refused() {
    let relay = Relay::seeded().await;
    for (body, code) in [
        (json!({ "name": "owner", "role": "user" }), "exists"),
        (json!({ "name": "Owner", "role": "user" }), "invalid_field"),
        (json!({ "name": "", "role": "user" }), "invalid_field"),
        (
            json!({ "name": "eve", "role": "user", "password": "changeme1234" }),
            "invalid_field",
        ),
        (json!({ "name": "eve", "role": "root" }), "unreadable_request"),
        (
            json!({ "name": "eve", "role": "user", "enabled": false }),
            "unreadable_request",
        ),
    ] {
        let (_, problem) = relay.post("/manage/v1/users", body.clone()).await;
        assert_eq!(problem["code"], code, "{body}");
    }
}
