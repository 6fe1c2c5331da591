//! Personal access tokens.

use axum::body::BodyDataStream;
use futures_util::StreamExt as _;

use super::*;

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_no_more() {
    let net = Net::new().await;
    let root = net.token("root").await;
    let make = async |who: &Value, scopes: Value| {
        net.post("/me/tokens", who, json!({ "name": "script", "scopes": scopes }))
            .await
    };
    let made = make(&root, json!(["users:read", "admin"])).await.ok();
    let text = &made["text"];
    assert!(text.as_str().unwrap().starts_with("nptk_"));
    assert_eq!(net.get("/users", text).await.status, StatusCode::OK);
    for (method, path, code) in [
        ("POST", "/users", "needs_scope"),
        ("GET", "/keys", "needs_scope"),
        ("GET", "/me", "needs_scope"),
    ] {
        let refused = net.call(method, path).bearer(text).send(json!({})).await;
        assert_eq!(refused.code(), code, "{method} {path}");
    }
    let member = make(&root, json!(["users:read"])).await.ok();
    assert_eq!(net.get("/users", &member["text"]).await.code(), "needs_scope");

    let ann = net.token("ann").await;
    let made = make(&ann, json!(["account:read", "account:write"])).await.ok();
    let me = net.get("/session", &made["text"]).await.ok();
    assert_eq!(
        (&me["name"], &me["scopes"]),
        (&json!("ann"), &json!(["account:read", "account:write"]))
    );
    for (method, path) in [
        ("POST", "/me/password"),
        ("POST", "/me/totp"),
        ("GET", "/me/tokens"),
        ("POST", "/me/tokens"),
        ("DELETE", "/me/sessions"),
        ("DELETE", "/me"),
    ] {
        let refused = net.call(method, path).bearer(&made["text"]).send(json!({})).await;
        assert_eq!(refused.code(), "needs_session", "{method} {path}");
    }
    for scopes in [json!([]), json!(["keys"]), json!(["keys:read", "admin"])] {
        assert_eq!(make(&ann, scopes).await.code(), "invalid_field");
    }
}

#[tokio::test]
async fn a_token_ends_with_its_time_its_deletion_and_its_users() {
    let net = Net::new().await;
    let ann = net.token("ann").await;
    let body = json!({ "name": "x", "scopes": ["account:read"], "expires_at": NOW + 60_000 });
    let made = net.post("/me/tokens", &ann, body).await.ok();
    let text = &made["text"];
    assert_eq!(net.get("/me", text).await.status, StatusCode::OK);
    let listed = net.get("/me/tokens", &ann).await.ok();
    assert_eq!(listed["items"][0]["used_at"], NOW);
    assert!(!listed.to_string().contains(text.as_str().unwrap()));
    pass(60_000);
    assert_eq!(net.get("/me", text).await.code(), "expired_token");

    let body = json!({ "name": "y", "scopes": ["account:read"] });
    let made = net.post("/me/tokens", &ann, body).await.ok();
    let bob = net.token("bob").await;
    let path = format!("/me/tokens/{}", made["token"]["id"]);
    let theirs = net.call("DELETE", &path).bearer(&bob).send(Value::Null).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    let (root, id) = (net.token("root").await, net.id("ann").await);
    let edit = async |enabled: bool| {
        let call = net.call("PATCH", &format!("/users/{id}")).bearer(&root);
        call.send(json!({ "enabled": enabled })).await.ok()
    };
    edit(false).await;
    assert_eq!(net.get("/me", &made["text"]).await.code(), "session_ended");
    edit(true).await;
    assert_eq!(net.get("/me", &made["text"]).await.status, StatusCode::OK);
    let ann = net.token("ann").await;
    let own = net.call("DELETE", &path).bearer(&ann).send(Value::Null).await;
    assert_eq!(own.status, StatusCode::NO_CONTENT);
    assert_eq!(net.get("/me", &made["text"]).await.code(), "unauthenticated");
}

#[tokio::test]
async fn there_is_an_end_to_how_many_one_has() {
    let net = Net::new().await;
    let ann = net.token("ann").await;
    let mut last = StatusCode::OK;
    for _ in 0..51 {
        let body = json!({ "name": "x", "scopes": ["keys:read"] });
        last = net.post("/me/tokens", &ann, body).await.status;
    }
    assert_eq!(last, StatusCode::CONFLICT);
}

#[tokio::test]
async fn logging_out_with_a_token_deletes_it() {
    let net = Net::new().await;
    let ann = net.token("ann").await;
    let body = json!({ "name": "x", "scopes": ["account:read"] });
    let text = net.post("/me/tokens", &ann, body).await.ok()["text"].clone();
    let out = net
        .call("DELETE", "/session")
        .bearer(&text)
        .send(Value::Null)
        .await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(net.get("/me", &text).await.code(), "unauthenticated");
    assert_eq!(net.get("/me", &ann).await.status, StatusCode::OK);
}

/// Opens a stream of events with a token, and hears its beginning.
async fn listen(net: &Net, token: &Value) -> BodyDataStream {
    let request = Request::builder()
        .uri("/manage/v1/me/events")
        .header("host", "localhost")
        .header("authorization", format!("Bearer {}", token.as_str().unwrap()));
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(Peer([192, 0, 2, 1].into()));
    let answer = net.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let mut stream = answer.into_body().into_data_stream();
    let hello = stream.next().await.unwrap().unwrap();
    assert!(hello.starts_with(b"event: hello"));
    stream
}

/// What was under way is heard; after it comes the end.
async fn comes_to_its_end(mut stream: BodyDataStream) {
    while let Some(said) = stream.next().await {
        assert!(said.is_ok());
    }
}

#[tokio::test]
async fn a_stream_of_events_ends_with_the_token_that_opened_it() {
    let relay = Relay::new().await;
    let net = Net::of(relay.with(|control| control.with_heartbeat(Duration::from_millis(5)))).await;
    let ann = net.token("ann").await;
    let make = async |expires_at: Value| {
        let body = json!({ "name": "x", "scopes": ["account:read"], "expires_at": expires_at });
        net.post("/me/tokens", &ann, body).await.ok()
    };
    let (revoked, expiring) = (make(Value::Null).await, make(json!(NOW + 60_000)).await);
    let mut stream = listen(&net, &revoked["text"]).await;
    assert_eq!(stream.next().await.unwrap().unwrap(), ":\n\n");
    let path = format!("/me/tokens/{}", revoked["token"]["id"]);
    net.call("DELETE", &path)
        .bearer(&ann)
        .send(Value::Null)
        .await
        .ok();
    comes_to_its_end(stream).await;

    let mut stream = listen(&net, &expiring["text"]).await;
    assert_eq!(stream.next().await.unwrap().unwrap(), ":\n\n");
    pass(60_000);
    comes_to_its_end(stream).await;
}
