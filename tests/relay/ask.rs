//! Requests as clients make them, and what is true of every answer.

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::world::{CLIENT_KEY, World, client};

/// All headers that an answer may carry. A header that is not listed has leaked.
const KNOWN_HEADERS: &[&str] = &[
    "accept-ranges",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "allow",
    "cache-control",
    "cf-ray",
    "connection",
    "content-disposition",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "etag",
    "openai-version",
    "retry-after",
    "retry-after-ms",
    "server",
    "transfer-encoding",
    "vary",
    "www-authenticate",
    "x-fake-node",
    "x-kitchen",
    "x-potluck-edge",
    "x-potluck-limit-source",
    "x-ratelimit-limit-requests",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests",
    "x-request-id",
    "x-trace",
];

/// A request for one small image.
pub fn image_request() -> Value {
    json!({
        "input": "a cat", "model": "nai-diffusion-4-5-full", "action": "generate",
        "parameters": {
            "width": 832, "height": 1216, "steps": 28, "n_samples": 1, "seed": 1,
            "v4_prompt": {"caption": {"base_caption": "a cat", "char_captions": []}, "use_coords": false, "use_order": true},
            "v4_negative_prompt": {"caption": {"base_caption": "", "char_captions": []}, "legacy_uc": false},
        },
    })
}

/// The same as a stream, of `sse` or `msgpack`.
pub fn image_stream_request(stream: &str) -> Value {
    let mut request = image_request();
    request["parameters"]["stream"] = json!(stream);
    request
}

/// A chat completion's request.
pub fn chat_request(stream: bool) -> Value {
    json!({"model": "gpt-5-mini", "stream": stream, "messages": [{"role": "user", "content": "hello there world"}]})
}

impl World {
    /// An image, asked for with the client key.
    pub fn image(&self) -> RequestBuilder {
        self.post("/ai/generate-image").json(&image_request())
    }

    pub fn chat(&self, stream: bool) -> RequestBuilder {
        self.post("/v1/chat/completions").json(&chat_request(stream))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        client().post(self.url(path)).bearer_auth(CLIENT_KEY)
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        client().get(self.url(path)).bearer_auth(CLIENT_KEY)
    }

    /// A figure of an upstream's pool.
    pub fn pool(&self, upstream: &str, figure: &str) -> u64 {
        self.edge.report()["upstreams"][upstream][figure]
            .as_u64()
            .expect("a figure")
    }
}

/// Sends, and checks what holds for every answer.
pub async fn sent(request: RequestBuilder) -> Response {
    let answer = request.send().await.expect("an answer");
    for name in answer.headers().keys() {
        assert!(
            KNOWN_HEADERS.contains(&name.as_str()),
            "a header that is not listed: {name}"
        );
    }
    for name in ["x-request-id", "x-potluck-edge"] {
        assert_eq!(answer.headers().get_all(name).iter().count(), 1, "{name}");
    }
    answer
}

/// Whether the client can tell that the upstream broke off: by the answer's own end or, where the break
/// came before anything had gone out, by a 502.
pub async fn is_seen_to_break(request: RequestBuilder) -> bool {
    let answer = sent(request).await;
    match answer.status().as_u16() {
        502 => answer.text().await.expect("a body").contains("upstream_broken"),
        status => status == 200 && answer.bytes().await.is_err(),
    }
}

/// Status and stable code of a refusal, in whichever dialect.
pub async fn refusal(request: RequestBuilder) -> (u16, String) {
    let answer = sent(request).await;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.expect("an error in JSON");
    let code = body["error"]["code"].as_str().or(body["code"].as_str());
    (status, code.unwrap_or("none").to_owned())
}
