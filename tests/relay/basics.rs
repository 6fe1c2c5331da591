//! A request goes through, with the pool's key in place of the client's.

use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use serde_json::{Value, json};

use crate::ask::image_request;
use crate::world::{CLIENT_KEY, client, gpu, novelai, openai};

#[tokio::test(flavor = "multi_thread")]
async fn an_image_comes_back_as_a_zip_and_the_pools_key_was_used() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    for path in [
        "/v1/novelai/ai/generate-image",
        "/v1/novelai/generate-image",
        "/ai/generate-image",
    ] {
        let answer = client()
            .post(world.url(path))
            .bearer_auth(CLIENT_KEY)
            .json(&image_request())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], "binary/octet-stream");
        assert!(answer.headers().contains_key("x-request-id"));
        assert_eq!(&answer.bytes().await.unwrap()[..2], b"PK");
    }
    let seen = upstream.server.records.all();
    assert_eq!(seen.len(), 3);
    for record in seen {
        assert_eq!(record.path(), "/ai/generate-image");
        assert_eq!(
            record.header("authorization").unwrap(),
            format!("Bearer {}", upstream.tokens[0])
        );
        assert!(
            record
                .headers
                .iter()
                .all(|(_, value)| !value.contains(CLIENT_KEY))
        );
    }
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_completion_and_its_stream_come_through() {
    let (fake, _, plan) = openai(2).await;
    let world = plan.start();
    let ask = |stream: bool| {
        let body = json!({"model": "gpt-5-mini", "stream": stream, "messages": [{"role": "user", "content": "hello"}]});
        client()
            .post(world.url("/v1/chat/completions"))
            .bearer_auth(CLIENT_KEY)
            .json(&body)
            .send()
    };
    let answer: Value = ask(false).await.unwrap().json().await.unwrap();
    assert!(answer["choices"][0]["message"]["content"].is_string(), "{answer}");
    let stream = ask(true).await.unwrap();
    assert_eq!(
        stream.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert!(stream.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    assert_eq!(fake.server.records.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_reached_with_any_method_and_its_body() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let world = gpu(std::slice::from_ref(&node)).start();
    let answer = client()
        .put(world.url("/api/echo?x=1"))
        .bearer_auth(CLIENT_KEY)
        .body("abc")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let record = node.server.records.all().remove(0);
    assert_eq!((record.method.as_str(), &record.body[..]), ("PUT", &b"abc"[..]));
    assert_eq!(record.header("authorization"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_nothing_goes_through() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    let answer = client()
        .post(world.url("/ai/generate-image"))
        .json(&image_request())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(
        (body["statusCode"].as_i64(), body["code"].as_str()),
        (Some(401), Some("missing_key"))
    );
    assert_eq!(upstream.server.records.count(), 0);
}
