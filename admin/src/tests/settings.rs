//! What is set for the whole relay while it runs.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::Relay;

const PATH: &str = "/manage/v1/settings";

#[tokio::test]
async fn settings_are_edited_one_by_one_and_told_to_everybody() {
    let relay = Relay::seeded().await;
    let (_, fresh) = relay.get(PATH).await;
    assert_eq!(
        fresh,
        json!({ "name": null, "notice": null, "registration": "invitation", "revision": 0 })
    );
    let (status, named) = relay.patch(PATH, json!({ "name": " Pool of Hanoi " })).await;
    assert_eq!(
        (status, &named["name"]),
        (StatusCode::OK, &json!("Pool of Hanoi"))
    );
    let (_, told) = relay.patch(PATH, json!({ "notice": "Back at eight" })).await;
    assert_eq!(
        (&told["name"], &told["notice"]),
        (&named["name"], &json!("Back at eight"))
    );
    assert!(told["revision"].as_i64() > named["revision"].as_i64());
    let (_, about) = relay.get("/manage/v1/about").await;
    assert_eq!(
        (&about["name"], &about["notice"]),
        (&told["name"], &told["notice"])
    );
    let (_, cleared) = relay
        .patch(PATH, json!({ "notice": null, "registration": "closed" }))
        .await;
    assert_eq!(
        (&cleared["notice"], &cleared["registration"], &cleared["name"]),
        (&json!(null), &json!("closed"), &told["name"])
    );
    assert_eq!(relay.get("/manage/v1/about").await.1["registration"], "closed");
}

#[tokio::test]
async fn what_could_lock_the_operator_out_is_refused_with_where_it_is_set() {
    let relay = Relay::seeded().await;
    for (name, place) in [
        ("listen", "conf/potluck.yaml"),
        ("database", "conf/potluck.yaml"),
        ("cors", "conf/potluck.yaml"),
        ("encryption_key", "conf/secrets.env"),
        ("admin_token", "conf/secrets.env"),
    ] {
        let (status, problem) = relay.patch(PATH, json!({ name: "a-secret" })).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("not_editable_online")),
            "{name}"
        );
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(place) && !detail.contains("a-secret"), "{detail}");
    }
    for (body, code) in [
        (json!({ "colour": "red" }), "unreadable_request"),
        (json!({ "name": "" }), "invalid_field"),
        (json!({ "notice": "a\u{7}b" }), "invalid_field"),
        (json!({ "registration": "sometimes" }), "unreadable_request"),
    ] {
        assert_eq!(relay.patch(PATH, body.clone()).await.1["code"], code, "{body}");
    }
    let (status, _) = relay.send(Method::PATCH, PATH, "{".to_owned()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_edit_is_in_the_audit_log_with_before_and_after() {
    let relay = Relay::seeded().await;
    relay.patch(PATH, json!({ "name": "Pool" })).await;
    let (_, log) = relay.get("/manage/v1/audit?act=settings.edited").await;
    let entry = &log["items"][0];
    assert_eq!(
        (&entry["before"]["name"], &entry["after"]["name"]),
        (&json!(null), &json!("Pool")),
        "{log}"
    );
}
