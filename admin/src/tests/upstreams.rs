//! Upstreams, and what is switched about them.

use axum::http::StatusCode;
use potluck_filters::pool::Policy;
use serde_json::{Value, json};

use super::Relay;

#[tokio::test]
async fn a_policy_is_switched_at_run_time_and_taken_back() {
    let relay = Relay::seeded().await;
    let (_, told) = relay.get("/manage/v1/upstreams/vercel").await;
    assert_eq!(
        (&told["configured_policy"], &told["policy"]),
        (&json!("credit-weighted"), &Value::Null)
    );
    let path = "/manage/v1/upstreams/novelai";
    let (status, told) = relay.patch(path, json!({ "policy": "least-busy" })).await;
    assert_eq!((status, &told["policy"]), (StatusCode::OK, &json!("least-busy")));
    let given = relay.last_given().policies.unwrap();
    assert_eq!(given.get("novelai"), Some(&Policy::LeastBusy));
    let (_, all) = relay.get("/manage/v1/upstreams").await;
    assert_eq!(all["items"][0]["policy"], "least-busy");
    let (_, told) = relay.patch(path, json!({})).await;
    assert_eq!(told["policy"], "least-busy");
    let (_, told) = relay.patch(path, json!({ "policy": null })).await;
    assert_eq!(told["policy"], Value::Null);
    assert!(relay.last_given().policies.unwrap().is_empty());
}

#[tokio::test]
async fn an_unknown_upstream_or_policy_is_refused_with_what_there_is() {
    let relay = Relay::seeded().await;
    let body = json!({ "policy": "round-robin" });
    let (status, problem) = relay.patch("/manage/v1/upstreams/nowhere", body).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("novelai, vercel, gpu"),
        "{problem}"
    );
    let (status, problem) = relay
        .patch("/manage/v1/upstreams/novelai", json!({ "policy": "best" }))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        problem["detail"].as_str().unwrap().contains("least-busy"),
        "{problem}"
    );
}
