//! Lists of requests, and one with its course.

use potluck_filters::judge::{CoolDown, Outcome, Retry, Scope};
use potluck_filters::trace::{Attempt, Trace, What};

use super::*;

fn tried(pool_key: PoolKeyId) -> Trace {
    let mut trace = Trace::default();
    let attempt = Attempt {
        node: Some("image".into()),
        pool_key: Some(pool_key),
        outbound_proxy: None,
        took_ms: 300,
        status: Some(429),
        outcome: Outcome::Busy,
        rule: "busy".into(),
        scope: Scope::Key,
        cool_down: CoolDown::Conflict,
        retry_after_ms: None,
        retry: Retry::Never,
    };
    trace.add(10, What::Attempt(Box::new(attempt)));
    trace
}

#[tokio::test]
async fn requests_come_page_by_page_the_newest_first() {
    let net = Net::with_books().await;
    let (ann, bob) = (net.user("ann").await, net.user("bob").await);
    let mut events: Vec<_> = (1..=5)
        .map(|number| event(number, ann, i64::from(number)))
        .collect();
    events[1] = refused(events[1].clone());
    events.push(event(6, bob, 1));
    net.relay.book(1, events).await;
    let token = net.token("ann").await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = net
            .get(&format!("/me/requests?limit=2{after}"), &token)
            .await
            .ok();
        for item in page["items"].as_array().unwrap() {
            seen.push(item["request_id"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let expected: Vec<_> = (1..=5).map(|number| format!("feed{number:016x}")).collect();
    assert_eq!(seen, expected);
    for (query, expected) in [
        ("class=limited", 1),
        ("code=rate_limited", 1),
        ("class=ok", 4),
        ("model=x", 0),
    ] {
        let page = net.get(&format!("/me/requests?{query}"), &token).await.ok();
        assert_eq!(page["items"].as_array().unwrap().len(), expected, "{query}");
    }
    let limited = net.get("/me/requests?class=limited", &token).await.ok();
    assert_eq!(limited["items"][0]["limit_source"], "relay");
    for query in ["after=x", "code=nothing"] {
        let answer = net.get(&format!("/me/requests?{query}"), &token).await;
        assert_eq!(answer.code(), "invalid_field", "{query}");
    }
    let all = net
        .relay
        .get(&format!("/manage/v1/requests?user={}", bob.0))
        .await
        .1;
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
    assert_eq!(all["items"][0]["user"], bob.0);
}

#[tokio::test]
async fn a_member_sees_their_own_request_and_letters_for_keys() {
    let net = Net::with_books().await;
    let ann = net.user("ann").await;
    let pool_key = id(&net.relay.add("pst-one").await);
    let mut failed = event(1, ann, 1);
    failed.status = 429;
    failed.trace = Some(Arc::new(tried(pool_key)));
    net.relay.book(1, vec![failed]).await;
    let path = "/me/requests/feed0000000000000001";
    let own = net.get(path, &net.token("ann").await).await.ok();
    assert_eq!(own["request"]["class"], "upstream_refused");
    assert_eq!(
        (&own["limit_source"], &own["trace_from"]),
        (&json!("upstream"), &json!("books"))
    );
    assert_eq!(
        own["pool_keys"],
        json!([{ "pool_key": 1, "name": "key A" }]),
        "{own}"
    );
    let attempt = &own["trace"]["steps"][0];
    assert_eq!(
        (&attempt["pool_key"], &attempt["node"]),
        (&json!(1), &Value::Null)
    );
    assert!(own["request"].get("pool_key").is_none());

    let others = net.get(path, &net.token("bob").await).await;
    assert_eq!(others.code(), "not_found");
    let all = net.relay.get("/manage/v1/requests/feed0000000000000001").await.1;
    assert_eq!(all["trace"]["steps"][0]["pool_key"], pool_key.0);
    assert_eq!(all["pool_keys"][0]["pool_key"], pool_key.0);
    assert_eq!(all["user_name"], "ann");
    for none in ["feed0000000000000009", "no-request"] {
        let (status, _) = net.relay.get(&format!("/manage/v1/requests/{none}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{none}");
    }
}

#[tokio::test]
async fn a_trace_that_the_edge_still_has_is_told_before_its_line_is_written() {
    let net = Net::with_books().await;
    let number = RequestNumber::parse("feed00000000000000aa").unwrap();
    net.relay
        .edge
        .traces
        .lock()
        .push((number, Arc::new(tried(PoolKeyId(3)))));
    let all = net.relay.get("/manage/v1/requests/feed00000000000000aa").await.1;
    assert_eq!(
        (&all["request"], &all["trace_from"]),
        (&Value::Null, &json!("edge")),
        "{all}"
    );
    // Whose it is nobody knows yet, so it is no member's.
    let own = net
        .get("/me/requests/feed00000000000000aa", &net.token("ann").await)
        .await;
    assert_eq!(own.code(), "not_found");
}
