//! A client key's list of models: no way round it.

use potluck_fakes::node::NodeFake;

use crate::ask::{refusal, sent};
use crate::world::{gpu, openai};

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_models_cannot_be_got_round() {
    let (fake, _, mut plan) = openai(1).await;
    plan.client_keys[0].models = Some(["gpt-5-mini".into()].into_iter().collect());
    let world = plan.start();
    let ask = |body: &str| {
        world
            .post("/v1/chat/completions")
            .header("content-type", "application/json")
            .body(body.to_owned())
    };
    let good = r#"{"model":"gpt-5-mini","messages":[{"role":"user","content":"x"}]}"#;
    let other = good.replace("gpt-5-mini", "openai/gpt-5-mini");
    for (body, expected) in [
        (other.as_str(), (403, "model_not_allowed")),
        (r#"{"messages":[]}"#, (403, "model_not_allowed")),
        (
            r#"{"model":"gpt-5-mini","model":"openai/gpt-5-mini","messages":[]}"#,
            (400, "cost_unreadable"),
        ),
        (
            r#"{"model":"gpt-5-mini","MODEL":"openai/gpt-5-mini","messages":[]}"#,
            (400, "cost_unreadable"),
        ),
        (
            r#"{"model":"gpt-5-mini","mod\u0065l":"openai/gpt-5-mini","messages":[]}"#,
            (400, "cost_unreadable"),
        ),
        ("model=gpt-5-mini", (400, "cost_unreadable")),
        ("", (400, "cost_unreadable")),
    ] {
        assert_eq!(
            refusal(ask(body)).await,
            (expected.0, expected.1.to_owned()),
            "{body}"
        );
    }
    let packed = ask(good).header("content-encoding", "gzip");
    assert_eq!(refusal(packed).await, (400, "cost_unreadable".to_owned()));
    let upgrading = ask(&other)
        .header("connection", "upgrade")
        .header("upgrade", "websocket");
    assert_eq!(refusal(upgrading).await, (403, "model_not_allowed".to_owned()));
    assert_eq!(fake.server.records.count(), 0);
    assert_eq!(sent(ask(good)).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_not_for_keys_with_a_list_of_models() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.client_keys[0].models = Some(["a".into()].into_iter().collect());
    let world = plan.start();
    let handshake = world
        .get("/api/ws")
        .header("connection", "upgrade")
        .header("upgrade", "websocket");
    assert_eq!(refusal(handshake).await, (403, "model_not_allowed".to_owned()));
    assert_eq!(node.server.records.count(), 0);
}
