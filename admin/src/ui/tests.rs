//! How the pages are served: with the feature `ui` the real ones, always the rules.

use axum::body::Body;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;

const FILE: File = File {
    name: "assets/x.js",
    plain: b"plain",
    br: Some(b"br"),
    gz: Some(b"gz"),
};

fn taking(offer: &str) -> Option<&'static str> {
    let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, offer.parse().unwrap())]);
    packed(&FILE, &headers).1
}

#[test]
fn the_smallest_form_that_the_caller_takes_is_sent() {
    for (offer, form) in [
        ("gzip, deflate, br", Some("br")),
        ("gzip, br;q=0", Some("gzip")),
        ("GZIP;q=0.5", Some("gzip")),
        ("identity", None),
        ("brotli", None),
        ("", None),
    ] {
        assert_eq!(taking(offer), form, "{offer}");
    }
    assert_eq!(packed(&FILE, &HeaderMap::new()), (&b"plain"[..], None));
}

#[tokio::test]
async fn what_has_a_hash_in_its_name_is_kept_and_the_rest_is_not() {
    let kept = |name: &'static str| {
        let answer = sent(&File { name, ..FILE }, &HeaderMap::new());
        answer.headers()[header::CACHE_CONTROL].clone()
    };
    assert_eq!(kept("assets/x.js"), "public, max-age=31536000, immutable");
    assert_eq!(kept("first.js"), "no-cache");
}

async fn ask(path: &str, host: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::builder().uri(path).header(header::HOST, host);
    let request = request.body(Body::empty()).unwrap();
    let router = router(Hosts::new([127, 0, 0, 1].into(), Vec::new()));
    let (head, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (
        head.status,
        head.headers,
        String::from_utf8_lossy(&body).into_owned(),
    )
}

#[tokio::test]
async fn without_pages_the_root_leads_to_the_description_and_there_are_none() {
    if !FILES.is_empty() {
        assert_eq!(front(), ROOT);
        return;
    }
    assert_eq!(front(), "/manage/docs");
    assert_eq!(ask(ROOT, "localhost").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_comes_at_each_path_with_a_policy_that_lets_nothing_else_in() {
    if FILES.is_empty() {
        return;
    }
    let mut nonces = Vec::new();
    for path in [ROOT, "/manage/ui/", "/manage/ui/keys", "/manage/ui/index.html"] {
        let (status, headers, html) = ask(path, "localhost").await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "));
        assert!(!policy.contains("unsafe"), "{policy}");
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap();
        assert!(html.contains(nonce) && !html.contains(NONCE));
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        nonces.push(nonce.to_owned());
    }
    nonces.dedup();
    assert_eq!(nonces.len(), 4, "each answer has its own");
    assert_eq!(
        ask("/manage/ui/assets/none.js", "localhost").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(ask(ROOT, "evil.example").await.0, StatusCode::MISDIRECTED_REQUEST);
}
