//! Requests that are none: each gets a problem, and none hears its own secret again.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;
use tower::ServiceExt;

use super::Relay;
use crate::router::router;

const ROUTES: [(Method, &str); 20] = [
    (Method::GET, "/manage/v1/keys"),
    (Method::POST, "/manage/v1/keys"),
    (Method::GET, "/manage/v1/keys/1"),
    (Method::PATCH, "/manage/v1/keys/1"),
    (Method::DELETE, "/manage/v1/keys/1"),
    (Method::GET, "/manage/v1/pool-keys"),
    (Method::POST, "/manage/v1/pool-keys"),
    (Method::POST, "/manage/v1/pool-keys/import"),
    (Method::GET, "/manage/v1/pool-keys/1"),
    (Method::PATCH, "/manage/v1/pool-keys/1"),
    (Method::POST, "/manage/v1/pool-keys/check"),
    (Method::POST, "/manage/v1/pool-keys/1/check"),
    (Method::POST, "/manage/v1/pool-keys/1/withdraw"),
    (Method::GET, "/manage/v1/users"),
    (Method::POST, "/manage/v1/users"),
    (Method::GET, "/manage/v1/upstreams"),
    (Method::GET, "/manage/v1/upstreams/novelai"),
    (Method::PATCH, "/manage/v1/upstreams/novelai"),
    (Method::GET, "/manage/v1/status"),
    (Method::HEAD, "/manage/v1/status"),
];

#[tokio::test]
async fn without_a_caller_every_route_is_401() {
    let relay = Relay::seeded().await;
    let bare = router(Arc::clone(&relay.control));
    for (method, path) in ROUTES {
        let request = Request::builder()
            .method(&method)
            .uri(path)
            .body(Body::from("{}"))
            .unwrap();
        let answer = bare.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_explained_without_its_values() {
    let relay = Relay::seeded().await;
    let secret = "pst-very-secret-text";
    for (path, body, words) in [
        (
            "/manage/v1/pool-keys/import",
            json!({ "upstream": "novelai", "lines": secret }),
            "expected a sequence",
        ),
        (
            "/manage/v1/pool-keys",
            json!({ "upstream": "novelai", "key": secret }),
            "expected one of",
        ),
        (
            "/manage/v1/pool-keys",
            json!({ "upstream": "novelai", secret: 1 }),
            "expected one of",
        ),
        (
            "/manage/v1/pool-keys",
            json!({ "credential": secret }),
            "missing field `upstream`",
        ),
        ("/manage/v1/pool-keys", json!(secret), "expected struct"),
        (
            "/manage/v1/keys",
            json!({ "name": "a", "addresses": [secret] }),
            "no JSON that fits",
        ),
    ] {
        let (status, problem) = relay.post(path, body.clone()).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::BAD_REQUEST, &json!("unreadable_request")),
            "{body}"
        );
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
        assert!(!problem.to_string().contains("secret"), "{problem}");
    }
}

#[tokio::test]
async fn truncated_bodies_and_odd_paths_are_problems_too() {
    let relay = Relay::seeded().await;
    for (method, path, body, status) in [
        (
            Method::POST,
            "/manage/v1/keys",
            "{\"name\":",
            StatusCode::BAD_REQUEST,
        ),
        (Method::POST, "/manage/v1/keys", "", StatusCode::BAD_REQUEST),
        (Method::POST, "/manage/v1/keys", "{} {}", StatusCode::BAD_REQUEST),
        (Method::GET, "/manage/v1/keys/abc", "", StatusCode::BAD_REQUEST),
        (
            Method::GET,
            "/manage/v1/keys?after=x",
            "",
            StatusCode::BAD_REQUEST,
        ),
        (Method::GET, "/manage/v1/keys?page=2", "", StatusCode::BAD_REQUEST),
        (Method::PUT, "/manage/v1/keys", "", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/manage/v1/nothing", "", StatusCode::NOT_FOUND),
    ] {
        let (got, problem) = relay.send(method, path, body.to_owned()).await;
        assert_eq!(got, status, "{path} {body}: {problem}");
        assert_eq!(problem["status"], status.as_u16());
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413() {
    let relay = Relay::seeded().await;
    let body = " ".repeat(crate::router::BODY_LIMIT + 1);
    let (status, problem) = relay.send(Method::POST, "/manage/v1/keys", body).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("body_too_large"))
    );
}
