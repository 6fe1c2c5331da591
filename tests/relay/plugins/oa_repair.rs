//! NovelAI's OpenAI-like paths, repaired.

use potluck_fakes::novelai::{Mishap, Settings};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::ask::sent;
use crate::world::{NovelAiWorld, World, novelai};

async fn repaired() -> (NovelAiWorld, World) {
    let upstream = novelai(1, Settings::default()).await;
    let plan = upstream
        .plan()
        .with_plugins_everywhere(&json!([{ "name": "oa-repair" }]));
    let world = plan.start();
    (upstream, world)
}

fn chat(world: &World, model: &str, stream: Option<bool>) -> RequestBuilder {
    let mut body = json!({ "model": model, "messages": [{ "role": "user", "content": "Say hello." }] });
    if let Some(stream) = stream {
        body["stream"] = json!(stream);
    }
    world.post("/v1/novelai/oa/v1/chat/completions").json(&body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_answer_has_its_text_a_usage_and_a_finish_reason() {
    let (upstream, world) = repaired().await;
    for stream in [None, Some(false)] {
        let answer = sent(chat(&world, "xialong-v1", stream)).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &"application/json".parse().unwrap())
        );
        assert!(answer.content_length().is_some());
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(
            (&answer["object"], &answer["model"]),
            (&json!("chat.completion"), &json!("xialong-v1"))
        );
        let choice = &answer["choices"][0];
        assert_eq!(
            (&choice["message"]["role"], &choice["finish_reason"]),
            (&json!("assistant"), &json!("stop"))
        );
        assert!(!choice["message"]["content"].as_str().unwrap().is_empty());
        let usage = &answer["usage"];
        assert_eq!(usage["completion_tokens"], upstream.fake_text_tokens());
        assert_eq!(usage["source"], "estimated");
    }
    let asked: Value = serde_json::from_slice(&upstream.server.records.all()[0].body).unwrap();
    assert_eq!(asked["stream"], true);
    let body = json!({ "model": "glm-4-6", "prompt": "Once", "max_tokens": 3 });
    let answer: Value = sent(world.post("/oa/v1/completions").json(&body))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(answer["object"], "text_completion");
    assert!(!answer["choices"][0]["text"].as_str().unwrap().is_empty());
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

impl NovelAiWorld {
    fn fake_text_tokens(&self) -> Value {
        json!(Settings::default().text_tokens)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_plugin_it_has_none() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    let answer: Value = sent(chat(&world, "xialong-v1", None)).await.json().await.unwrap();
    assert_eq!(answer["object"], "chat.completion.chunk");
    assert_eq!(
        (&answer["choices"][0]["text"], &answer["choices"][0]["message"]),
        (&json!(""), &Value::Null)
    );
    assert!(answer["choices"][0]["token_ids"].is_array());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_stays_one_and_its_errors_get_openais_form() {
    let (upstream, world) = repaired().await;
    let text = sent(chat(&world, "glm-4-6", Some(true)))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        text.contains("chat.completion.chunk") && text.ends_with("data: [DONE]\n\n"),
        "{text}"
    );
    let mishap = || Mishap::Error {
        after: 2,
        code: 500,
        message: "Error generating".to_owned(),
    };
    upstream.accounts[0].script_stream(mishap());
    let text = sent(chat(&world, "glm-4-6", Some(true)))
        .await
        .text()
        .await
        .unwrap();
    let error = text
        .split("\n\n")
        .find(|event| event.contains("\"error\""))
        .expect("an error");
    let error: Value = serde_json::from_str(error.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(
        (&error["error"]["message"], &error["error"]["type"]),
        (&json!("Error generating"), &json!("server_error"))
    );
    // A whole answer fails with a status, since its head has not gone out.
    upstream.accounts[0].script_stream(mishap());
    let answer = sent(chat(&world, "glm-4-6", None)).await;
    assert_eq!(answer.status(), 500);
    let error: Value = answer.json().await.unwrap();
    assert_eq!(error["error"]["message"], "Error generating");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_upstream_and_relay_get_openais_form() {
    let (_upstream, world) = repaired().await;
    let answer = sent(chat(&world, "no-such-model", None)).await;
    let status = answer.status().as_u16();
    let error: Value = answer.json().await.unwrap();
    assert!(
        status >= 400 && error["error"]["message"].is_string() && error.get("statusCode").is_none(),
        "{error}"
    );
    let unknown = crate::world::client()
        .post(world.url("/oa/v1/chat/completions"))
        .bearer_auth("np-unknown");
    let answer = sent(unknown.json(&json!({}))).await;
    assert_eq!(answer.status(), 401);
    let error: Value = answer.json().await.unwrap();
    assert_eq!(
        (&error["error"]["code"], &error["error"]["type"]),
        (&json!("unknown_key"), &json!("authentication_error"))
    );
    // Other paths keep NovelAI's own form.
    let native: Value = sent(world.post("/ai/module/train")).await.json().await.unwrap();
    assert_eq!(native["statusCode"], 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_is_no_answer() {
    let (upstream, world) = repaired().await;
    let truncated = potluck_fakes::fault::Fault::Truncate { after: 300 };
    upstream
        .server
        .faults
        .push("/oa/v1/chat/completions", truncated, 1);
    let answer = sent(chat(&world, "xialong-v1", None)).await;
    assert_eq!(answer.status(), 502);
    let error: Value = answer.json().await.unwrap();
    assert_eq!(error["error"]["code"], "upstream_broken");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_paths_beside_the_completions_pass_as_they_are() {
    let (_upstream, world) = repaired().await;
    let body = json!({ "model": "glm-4-6", "prompt": "one two" });
    let counted: Value = sent(world.post("/v1/novelai/oa/v1/internal/token-count").json(&body))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(counted["length"], counted["encoded"].as_array().unwrap().len());
    let models: Value = sent(world.get("/oa/v1/models")).await.json().await.unwrap();
    assert_eq!(models["object"], "list");
}
