//! Requests as clients send them.

use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::relay::Relay;

/// An answer, or why there was none.
pub(crate) type Answer = reqwest::Result<Response>;

/// No proxies, no redirects, a new connection for each, so that none outlives a relay.
pub(crate) fn client() -> Client {
    let builder = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    builder.pool_max_idle_per_host(0).build().expect("a client")
}

pub(crate) async fn get(relay: &Relay, path: &str) -> Answer {
    client().get(relay.url(path)).send().await
}

pub(crate) fn status_of(answer: &Answer) -> Option<u16> {
    answer.as_ref().ok().map(|answer| answer.status().as_u16())
}

pub(crate) fn chat_request(stream: bool) -> Value {
    json!({"model": "gpt-5-mini", "stream": stream, "messages": [{"role": "user", "content": "bring a dish"}]})
}

pub(crate) fn image_request() -> Value {
    json!({
        "input": "a cat", "model": "nai-diffusion-4-5-full", "action": "generate",
        "parameters": {
            "width": 832, "height": 1216, "steps": 23, "n_samples": 1, "seed": 1,
            "v4_prompt": {"caption": {"base_caption": "a cat", "char_captions": []}},
            "v4_negative_prompt": {"caption": {"base_caption": "", "char_captions": []}},
        },
    })
}

pub(crate) async fn post(relay: &Relay, path: &str, key: &str, body: &Value) -> Response {
    let request = client().post(relay.url(path)).bearer_auth(key).json(body);
    request.send().await.expect("an answer")
}

pub(crate) async fn chat(relay: &Relay, key: &str) -> Response {
    post(relay, "/v1/chat/completions", key, &chat_request(false)).await
}

/// Status and the relay's own code, empty for an answer of the upstream.
pub(crate) async fn chat_outcome(relay: &Relay, key: &str) -> (u16, String) {
    let answer = chat(relay, key).await;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.expect("JSON");
    (
        status,
        body["error"]["code"].as_str().unwrap_or_default().to_owned(),
    )
}

/// The same for an image.
pub(crate) async fn image_outcome(relay: &Relay, key: &str) -> (u16, String) {
    let answer = post(relay, "/v1/novelai/ai/generate-image", key, &image_request()).await;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.expect("a body");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

/// What an answer is expected to be.
pub(crate) fn outcome(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
