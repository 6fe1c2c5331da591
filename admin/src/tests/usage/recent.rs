//! What just happened, how long it took, and why the relay refused it.

use super::*;

#[tokio::test]
async fn times_are_told_by_upstream_and_endpoint_and_sums_by_the_relays_own_reason() {
    let net = Net::with_books().await;
    let ann = net.user("ann").await;
    let slow = UsageEvent {
        endpoint: Endpoint::GenerateImage,
        times: Times {
            first_byte: None,
            total: 8_000_000,
            ..Times::default()
        },
        ..event(2, ann, 2)
    };
    let events = vec![event(1, ann, 1), slow, refused(event(3, ann, 3))];
    net.relay.book(1, events).await;
    let admin = net.token("root").await;
    let by = net.get("/usage/by?by=endpoint", &admin).await.ok();
    let of = |endpoint: &str| {
        let items = by["items"].as_array().unwrap();
        items
            .iter()
            .find(|item| item["name"] == endpoint)
            .unwrap()
            .clone()
    };
    let image = of("generate_image");
    let p99 = image["total"]["p99_us"].as_u64().unwrap();
    assert!((6_000_000..10_000_000).contains(&p99), "{by}");
    assert_eq!(image["first_byte"], Value::Null, "none of its requests had one");
    assert!(of("chat")["first_byte"]["p50_us"].is_u64(), "{by}");
    for unknown in ["by=model", "by=upstream&class=ok"] {
        let by = net.get(&format!("/usage/by?{unknown}"), &admin).await.ok();
        assert_eq!(by["items"][0]["total"], Value::Null, "{by}");
    }

    let usage = net.get("/usage?code=rate_limited", &admin).await.ok();
    assert_eq!(usage["total"]["sums"]["requests"], 1, "{usage}");
    assert_eq!(usage["total"]["classes"]["limited"], 1);
    assert_eq!(usage["times"]["requests"], 1);
    let by = net.get("/usage/by?by=upstream&code=pool_busy", &admin).await.ok();
    assert_eq!(by["total"]["requests"], 0, "{by}");
    for (path, code) in [
        (format!("/usage?code=rate_limited&user={}", ann.0), "unanswerable"),
        ("/usage?code=nonsense".to_owned(), "invalid_field"),
    ] {
        assert_eq!(net.get(&path, &admin).await.code(), code, "{path}");
    }
    let token = net.token("ann").await;
    let mine = net.get("/me/usage?code=rate_limited", &token).await;
    assert_eq!(mine.code(), "unanswerable");
}

#[tokio::test]
async fn a_member_is_told_what_just_happened_to_their_own_requests() {
    let net = Net::with_books().await;
    let (ann, bob) = (net.user("ann").await, net.user("bob").await);
    net.relay.edge.recent.lock().extend([(ann, 2), (bob, 5)]);
    let told = async |path, name| {
        let token = net.token(name).await;
        let recent = net.get(path, &token).await.ok();
        assert_eq!((&recent["at"], &recent["step_ms"]), (&json!(NOW), &json!(10_000)));
        assert_eq!(recent["all"][0]["requests"], 0, "{recent}");
        (recent["all"][1]["requests"].clone(), recent["upstreams"].clone())
    };
    assert_eq!(told("/me/usage/recent", "ann").await.0, 2);
    assert_eq!(told("/me/usage/recent", "bob").await.0, 5);
    let (all, upstreams) = told("/usage/recent", "root").await;
    assert_eq!((all, &upstreams[0]["upstream"]), (json!(7), &json!("gpu")));
    let token = net.token("ann").await;
    assert_eq!(net.get("/usage/recent", &token).await.code(), "needs_admin");
}
