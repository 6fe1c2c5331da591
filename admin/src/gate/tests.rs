//! Every route, asked without the token, with a wrong one and with the right one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use potluck_filters::secret::Secret;
use serde_json::Value;
use tower::ServiceExt;

use super::{AdminToken, Gate, Hosts, Peer, bearer_router};
use crate::access::Access;
use crate::router::document;
use crate::tests::Relay;

const TOKEN: &str = "pmMTzZQ3d8yFQkq6cUzW0v9gJ7bR2sLhXa4NfE1oTi5";
const WRONG: &str = "qmMTzZQ3d8yFQkq6cUzW0v9gJ7bR2sLhXa4NfE1oTi5";

/// Each operation that is not for everybody, with a value for each name in its path.
fn routes() -> Vec<(Method, String)> {
    let plain = |path: &str| {
        path.split('/')
            .map(|part| if part.starts_with('{') { "1" } else { part })
            .collect::<Vec<_>>()
            .join("/")
    };
    let document = document();
    let operations = document.operations().iter();
    operations
        .filter(|operation| operation.access != Some(Access::Anyone))
        .map(|operation| (operation.method.clone(), plain(operation.path)))
        .collect()
}

#[test]
fn every_route_has_its_line_in_the_page_about_the_api() {
    let page = include_str!("../../../docs/api.md");
    for operation in document().operations() {
        let line = format!("| `{}` | ", operation.path);
        assert!(
            page.contains(&line),
            "docs/api.md needs a line that begins with {line}"
        );
    }
}

struct World {
    router: Router,
    _relay: Relay,
}

impl World {
    /// An address may fail `most` times.
    async fn new(most: u32) -> Self {
        let relay = Relay::seeded().await;
        // Every route is asked several times in far less than a minute.
        relay.control.allow_calls(u32::MAX);
        let failures = AtomicU32::new(0);
        let gate = Gate {
            token: Some(AdminToken::parse(&Secret::new(TOKEN)).unwrap()),
            hosts: Hosts::new([127, 0, 0, 1].into(), Vec::new()),
            failed: Box::new(move |_| {
                let too_many = failures.fetch_add(1, Ordering::SeqCst) >= most;
                too_many.then_some(Duration::from_secs(60))
            }),
            trusted_proxies: Vec::new(),
        };
        Self {
            router: bearer_router(Arc::clone(&relay.control), gate),
            _relay: relay,
        }
    }

    async fn ask(
        &self,
        method: &Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, Value) {
        let mut request = Request::builder().method(method.clone()).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from("{}")).unwrap();
        request.extensions_mut().insert(Peer([192, 0, 2, 1].into()));
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let endless = head
            .headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        let body = if endless { Body::empty() } else { body };
        let body = body.collect().await.unwrap().to_bytes();
        let answer = match body.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&body).unwrap_or_default(),
        };
        (head.status, head.headers, answer)
    }
}

#[tokio::test]
async fn every_route_is_shut_without_the_token_and_open_with_it() {
    let world = World::new(u32::MAX).await;
    let routes = routes();
    assert!(routes.len() >= 19, "{routes:?}");
    let (right, wrong) = (format!("Bearer {TOKEN}"), format!("Bearer {WRONG}"));
    let basic = format!("Basic {TOKEN}");
    for (method, path) in &routes {
        for tried in [
            vec![("host", "localhost")],
            vec![("host", "localhost"), ("authorization", &wrong)],
            vec![("host", "localhost"), ("authorization", &basic)],
            vec![("host", "localhost"), ("authorization", TOKEN)],
            vec![("host", "localhost"), ("x-api-key", TOKEN)],
            vec![("host", "localhost"), ("cookie", TOKEN)],
        ] {
            let (status, headers, problem) = world.ask(method, path, &tried).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(headers["www-authenticate"], "Bearer realm=\"potluck\"");
            assert_eq!(headers["content-type"], "application/problem+json");
            assert_eq!(problem["code"], "unauthenticated");
            assert!(!problem.to_string().contains("MTzZQ3"));
        }
        let with = [("host", "localhost"), ("authorization", right.as_str())];
        let (status, headers, _) = world.ask(method, path, &with).await;
        assert_ne!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert!(!headers.contains_key("access-control-allow-origin"));
        assert_eq!(headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn two_credentials_are_none() {
    let world = World::new(u32::MAX).await;
    let right = format!("Bearer {TOKEN}");
    let twice = [
        ("host", "localhost"),
        ("authorization", right.as_str()),
        ("authorization", right.as_str()),
    ];
    let (status, _, problem) = world.ask(&Method::GET, "/manage/v1/status", &twice).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &"two_credentials".into())
    );
}

#[tokio::test]
async fn a_call_to_another_name_is_refused_even_with_the_token() {
    let world = World::new(u32::MAX).await;
    let right = format!("bearer {TOKEN}");
    for host in ["evil.example", "localhost.evil.example:5003"] {
        let headers = [("host", host), ("authorization", right.as_str())];
        let (status, _, problem) = world.ask(&Method::GET, "/manage/v1/status", &headers).await;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(problem["code"], "wrong_host");
        assert!(problem["detail"].as_str().unwrap().contains("admin.hosts"));
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_and_the_right_token_still_passes() {
    let world = World::new(2).await;
    let wrong = format!("Bearer {WRONG}");
    let headers = [("host", "localhost"), ("authorization", wrong.as_str())];
    for _ in 0..2 {
        let (status, ..) = world.ask(&Method::GET, "/manage/v1/status", &headers).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let (status, told, problem) = world.ask(&Method::GET, "/manage/v1/status", &headers).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        (&told["retry-after"], &problem["code"]),
        (&"60".parse().unwrap(), &"too_many_failures".into())
    );
    let right = format!("Bearer {TOKEN}");
    let headers = [("host", "localhost"), ("authorization", right.as_str())];
    let (status, ..) = world.ask(&Method::GET, "/manage/v1/status", &headers).await;
    assert_eq!(status, StatusCode::OK);
}
