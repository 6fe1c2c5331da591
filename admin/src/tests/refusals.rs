//! Requests that are none: each gets a problem, and none hears its own secret again.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::Relay;

#[test]
fn the_page_about_errors_has_every_code() {
    let page = include_str!("../../../docs/errors.md");
    let (_, page) = page.split_once("## The management API").unwrap();
    let pieces = include_str!("../error.rs").split("StatusCode::").skip(1);
    let codes: Vec<&str> = pieces
        .filter_map(|piece| {
            let (_, rest) = piece.split_once(',')?;
            rest.trim_start().strip_prefix('"')?.split('"').next()
        })
        .filter(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
        .collect();
    assert!(codes.len() > 40, "{codes:?}");
    for code in codes {
        assert!(
            page.contains(&format!("`{code}`")),
            "docs/errors.md needs a line for {code}"
        );
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
        ("/manage/v1/pool-keys", json!(secret), "no JSON object"),
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
async fn a_value_of_the_right_form_that_cannot_be_is_422_and_not_repeated() {
    let relay = Relay::seeded().await;
    let body = json!({ "name": "a", "addresses": ["very-secret-text"] });
    let (status, problem) = relay.post("/manage/v1/keys", body).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_field"))
    );
    assert!(!problem.to_string().contains("secret"), "{problem}");
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

#[tokio::test]
async fn a_whole_number_may_be_written_as_a_float() {
    let relay = Relay::seeded().await;
    let body = json!({ "name": "a", "rate_limit": 60.0, "concurrency": 2.0 });
    let created = relay.create_key(body).await;
    assert_eq!(created["key"]["rate_limit"], 60);
    let body = json!({ "name": "a", "rate_limit": 0.5 });
    let (status, _) = relay.post("/manage/v1/keys", body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
