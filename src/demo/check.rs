//! What `potluck demo --check` tries, each through the relay with the demo's client key.

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use potluck_fakes::Fault;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::client::Client;
use super::world::DemoRelay;

/// How one check went.
#[derive(Debug, serde::Serialize)]
pub(super) struct Checked {
    pub(super) check: &'static str,
    /// What was seen, in a few words.
    pub(super) seen: String,
    /// What did not hold.
    pub(super) problem: Option<String>,
}

/// Tries everything, one after the other.
pub(super) async fn all(demo: &DemoRelay) -> Vec<Checked> {
    let client = Client::new(demo);
    vec![
        told("image as ZIP", image_zip(&client).await),
        told("image as a stream", image_stream(&client).await),
        told("text as a stream", text_stream(&client).await),
        told("chat completion", chat(&client).await),
        told("chat completion as a stream", chat_stream(&client).await),
        told("WebSocket echo", websocket(demo).await),
        told("failover to another key", failover(demo, &client).await),
    ]
}

fn told(check: &'static str, result: Result<String>) -> Checked {
    match result {
        Ok(seen) => Checked {
            check,
            seen,
            problem: None,
        },
        Err(error) => Checked {
            check,
            seen: String::new(),
            problem: Some(format!("{error:#}")),
        },
    }
}

fn image_request(stream: bool) -> Value {
    let caption = |text: &str| json!({"caption": {"base_caption": text, "char_captions": []}});
    let mut request = json!({
        "input": "a potluck dinner", "model": "nai-diffusion-4-5-full", "action": "generate",
        "parameters": {
            "width": 832, "height": 1216, "steps": 23, "n_samples": 1, "seed": 7, "scale": 5,
            "sampler": "k_euler_ancestral",
            "v4_prompt": caption("a potluck dinner"), "v4_negative_prompt": caption("blurry"),
        },
    });
    if stream && let Some(parameters) = request.get_mut("parameters").and_then(Value::as_object_mut) {
        parameters.insert("stream".to_owned(), json!("sse"));
    }
    request
}

async fn image_zip(client: &Client<'_>) -> Result<String> {
    let answer = client
        .post("/v1/novelai/ai/generate-image", &image_request(false))
        .await?
        .well()?;
    ensure!(
        answer.content_type() == "binary/octet-stream",
        "content type {}",
        answer.content_type()
    );
    ensure!(answer.body.starts_with(b"PK\x03\x04"), "not a ZIP");
    Ok(format!("{} bytes", answer.body.len()))
}

async fn image_stream(client: &Client<'_>) -> Result<String> {
    let answer = client
        .post("/v1/novelai/ai/generate-image-stream", &image_request(true))
        .await?
        .well()?;
    let (previews, finals) = (
        answer.text().matches("event: intermediate").count(),
        answer.text().matches("event: final").count(),
    );
    ensure!(
        (previews, finals) == (22, 1),
        "{previews} previews and {finals} final images"
    );
    Ok(format!("{previews} previews, {finals} image"))
}

async fn text_stream(client: &Client<'_>) -> Result<String> {
    let parameters = json!({"use_string": true, "max_length": 40, "min_length": 1, "temperature": 1.0});
    let body = json!({"input": "Once upon a time", "model": "llama-3-erato-v1", "parameters": parameters});
    let answer = client
        .post("/v1/novelai/ai/generate-stream", &body)
        .await?
        .well()?;
    let tokens = answer.text().matches("newToken").count();
    ensure!(
        tokens > 1 && answer.text().contains("\"final\":true"),
        "{tokens} tokens, no end"
    );
    Ok(format!("{tokens} tokens"))
}

fn chat_request(stream: bool) -> Value {
    json!({"model": "gpt-5-mini", "stream": stream, "messages": [{"role": "user", "content": "bring a dish"}]})
}

async fn chat(client: &Client<'_>) -> Result<String> {
    let answer = client
        .post("/v1/chat/completions", &chat_request(false))
        .await?
        .well()?;
    let json = answer.json();
    let said = json
        .pointer("/choices/0/message/content")
        .and_then(Value::as_str)
        .context("no content")?;
    Ok(format!("\"{said}\""))
}

async fn chat_stream(client: &Client<'_>) -> Result<String> {
    let answer = client
        .post("/v1/chat/completions", &chat_request(true))
        .await?
        .well()?;
    ensure!(
        answer.text().trim_end().ends_with("data: [DONE]"),
        "the stream has no end"
    );
    Ok(format!("{} events", answer.text().matches("data: ").count()))
}

async fn websocket(demo: &DemoRelay) -> Result<String> {
    let mut request = format!("ws://{}/api/ws", demo.address()).into_client_request()?;
    let bearer = format!("Bearer {}", demo.client_key.expose());
    request.headers_mut().insert("authorization", bearer.parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request)
        .await
        .context("no upgrade")?;
    socket.send(Message::text("hello")).await?;
    let echoed = socket.next().await.context("closed")??;
    ensure!(echoed == Message::text("hello"), "echoed {echoed:?}");
    socket.close(None).await?;
    Ok("hello came back".to_owned())
}

/// Every key but the last refuses once; the client must not notice.
async fn failover(demo: &DemoRelay, client: &Client<'_>) -> Result<String> {
    let (fake, keys) = (&demo.world.openai, &demo.world.openai_keys);
    let (last, refusing) = keys.split_last().context("no keys")?;
    let refusal = || Fault::openai(429, "rate_limit_error", "rate_limit_exceeded", "slow down");
    refusing
        .iter()
        .for_each(|key| fake.server.faults.push(key, refusal(), 1));
    let before = fake.server.records.count();
    let mut served_at = 0;
    for asked in 1..=keys.len() {
        let answer = client.post("/v1/chat/completions", &chat_request(false)).await?;
        answer.well().with_context(|| format!("request {asked}"))?;
        served_at = asked;
    }
    let attempts = fake.server.records.count() - before;
    let refused = attempts.saturating_sub(served_at);
    ensure!(
        refused == refusing.len(),
        "{refused} of {} keys refused",
        refusing.len()
    );
    ensure!(
        !fake.server.records.of(last).is_empty(),
        "the last key did not serve"
    );
    Ok(format!("{refused} keys refused, {served_at} requests answered"))
}
