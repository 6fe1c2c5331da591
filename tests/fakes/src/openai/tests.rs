//! The OpenAI fake over real sockets: shapes, streams, files of their owners only, refusals.

use axum::http::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::time::Duration;

use super::*;
use crate::client::{Client, bytes, chunk, drain, events, json as body};
use crate::fault::Fault;

const KEY: &str = "vck_0123456789";

async fn fake() -> (OpenAiFake, Client) {
    let fake = OpenAiFake::start_with(OpenAiOptions {
        pace: Pace::new(Duration::ZERO, Duration::ZERO),
        ..OpenAiOptions::default()
    });
    let fake = fake.await.unwrap();
    fake.keys.add(KEY, 100_000_000);
    let client = Client::new(&fake.base_url(), KEY);
    (fake, client)
}

fn chat(stream: bool) -> Value {
    json!({
        "model": "gpt-5-mini", "stream": stream, "stream_options": {"include_usage": true},
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "one two"}],
    })
}

#[tokio::test]
async fn a_chat_answer_counts_its_words_and_is_paid() {
    let (fake, client) = fake().await;
    let answer = body(client.post("/chat/completions", &chat(false)).await).await;
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(
        answer["choices"][0]["message"]["content"],
        "gpt-5-mini heard: one two"
    );
    assert_eq!(answer["usage"]["prompt_tokens"], 4);
    assert_eq!(answer["usage"]["completion_tokens"], 4);
    assert_eq!(fake.keys.used(KEY), Some(8 * keys::PER_TOKEN));
    let credits = body(client.get("/credits").await).await;
    assert_eq!(credits, json!({"balance": "99.99992", "total_used": "0.00008"}));
}

#[tokio::test]
async fn a_chat_stream_ends_with_usage_and_its_end_mark() {
    let (_fake, client) = fake().await;
    let answer = client.post("/chat/completions", &chat(true)).await;
    assert_eq!(
        answer.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let events = events(&bytes(answer).await);
    let (end, chunks) = events.split_last().unwrap();
    assert_eq!(end, "[DONE]");
    let chunks: Vec<Value> = chunks
        .iter()
        .map(|chunk| serde_json::from_str(chunk).unwrap())
        .collect();
    let text: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, "gpt-5-mini heard: one two");
    let (last, others) = chunks.split_last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"]["total_tokens"], 8);
    assert!(
        others
            .iter()
            .all(|chunk| chunk["usage"].is_null() && chunk.get("usage").is_some())
    );
    assert_eq!(others.last().unwrap()["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn without_the_option_a_stream_has_no_usage() {
    let (_fake, client) = fake().await;
    let ask = json!({"model": "gpt-5-mini", "stream": true, "messages": [{"role": "user", "content": "x"}]});
    let text = bytes(client.post("/chat/completions", &ask).await).await;
    assert!(!String::from_utf8_lossy(&text).contains("usage"));
}

#[tokio::test]
async fn in_step_mode_an_event_leaves_when_it_is_released_and_no_sooner() {
    let (fake, client) = fake().await;
    fake.pace.step();
    let mut stream = client.post("/chat/completions", &chat(true)).await.into_body();
    for word in ["\"content\":\"\"", "gpt-5-mini", "heard:"] {
        assert!(futures_util::FutureExt::now_or_never(chunk(&mut stream)).is_none());
        fake.pace.release(1);
        let event = chunk(&mut stream).await.unwrap().unwrap();
        assert_eq!(events(&event).len(), 1);
        assert!(String::from_utf8_lossy(&event).contains(word));
    }
    fake.pace.set_interval(Duration::ZERO);
    assert!(drain(stream).await.0.ends_with(b"data: [DONE]\n\n"));
}

#[tokio::test]
async fn text_completions_answer_as_json_and_as_a_stream() {
    let (_fake, client) = fake().await;
    let ask = json!({"model": "gpt-3.5-turbo-instruct", "prompt": "a b c", "max_tokens": 2});
    let answer = body(client.post("/completions", &ask).await).await;
    assert_eq!(answer["choices"][0]["text"], "gpt-3.5-turbo-instruct heard:");
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    assert_eq!(answer["usage"]["total_tokens"], 5);
    let ask = json!({"model": "gpt-3.5-turbo-instruct", "prompt": "a", "stream": true});
    assert_eq!(
        events(&bytes(client.post("/completions", &ask).await).await).len(),
        3 + 2
    );
}

#[tokio::test]
async fn embeddings_are_the_same_as_floats_and_as_base64() {
    let (_fake, client) = fake().await;
    let ask = |format: &str| json!({"model": "text-embedding-3-small", "input": ["a b", "c"], "encoding_format": format, "dimensions": 5});
    let floats = body(client.post("/embeddings", &ask("float")).await).await;
    let packed = body(client.post("/embeddings", &ask("base64")).await).await;
    assert_eq!(floats["usage"]["prompt_tokens"], 3);
    for index in [0, 1] {
        let numbers: Vec<f32> = serde_json::from_value(floats["data"][index]["embedding"].clone()).unwrap();
        let unpacked = STANDARD
            .decode(packed["data"][index]["embedding"].as_str().unwrap())
            .unwrap();
        let expected: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        assert_eq!(numbers.len(), 5);
        assert_eq!(unpacked, expected);
    }
}

#[tokio::test]
async fn responses_stream_typed_events_in_sequence_and_are_stored_for_their_owner() {
    let (fake, client) = fake().await;
    let ask = json!({"model": "gpt-5-mini", "input": "hello", "stream": true});
    let text = bytes(client.post("/responses", &ask).await).await;
    let events: Vec<Value> = events(&text)
        .iter()
        .map(|event| serde_json::from_str(event).unwrap())
        .collect();
    assert!(
        events
            .iter()
            .enumerate()
            .all(|(index, event)| event["sequence_number"] == index)
    );
    assert_eq!(events[0]["type"], "response.created");
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"]["usage"]["total_tokens"], 4);
    let path = format!("/responses/{}", last["response"]["id"].as_str().unwrap());
    assert_eq!(body(client.get(&path).await).await, last["response"]);
    fake.keys.add("other", 1);
    assert_eq!(
        Client::new(&fake.base_url(), "other").get(&path).await.status(),
        404
    );
}

#[tokio::test]
async fn images_are_real_pngs_from_json_and_from_a_form() {
    let (fake, client) = fake().await;
    let ask = json!({"model": "gpt-image-1", "prompt": "a red fox", "n": 2});
    let made = body(client.post("/images/generations", &ask).await).await;
    assert_eq!(made["data"].as_array().unwrap().len(), 2);
    assert_eq!(fake.keys.used(KEY), Some(2 * keys::PER_IMAGE));
    let parts = [
        ("model", None, &b"gpt-image-1"[..]),
        ("prompt", None, b"a red fox"),
        ("image[]", Some("a.png"), b"x"),
    ];
    let edited = body(client.form("POST", "/images/edits", &parts).await).await;
    assert_eq!(edited["data"][0], made["data"][0]);
    let png = STANDARD
        .decode(edited["data"][0]["b64_json"].as_str().unwrap())
        .unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
}

#[tokio::test]
async fn speech_is_mpeg_and_transcriptions_show_what_was_heard() {
    let (_fake, client) = fake().await;
    let ask = json!({"model": "tts-1", "voice": "alloy", "input": "two words"});
    let speech = client.post("/audio/speech", &ask).await;
    assert_eq!(speech.headers()["content-type"], "audio/mpeg");
    assert_eq!(bytes(speech).await.len(), 2 * 417);
    let parts = [
        ("model", None, &b"whisper-1"[..]),
        ("file", Some("a.mp3"), b"12345"),
    ];
    let heard = body(client.form("POST", "/audio/transcriptions", &parts).await).await;
    assert!(
        heard["text"]
            .as_str()
            .unwrap()
            .starts_with("whisper-1 heard 5 bytes of a.mp3")
    );
}

#[tokio::test]
async fn moderations_flag_the_word_they_know() {
    let (_fake, client) = fake().await;
    let verdict = body(
        client
            .post("/moderations", &json!({"input": ["peace", "violence"]}))
            .await,
    )
    .await;
    assert_eq!(verdict["results"][0]["flagged"], false);
    assert_eq!(verdict["results"][1]["categories"]["violence"], true);
}

#[tokio::test]
async fn files_come_back_to_their_owner_and_to_nobody_else() {
    let (fake, client) = fake().await;
    fake.keys.add("other", 1);
    let other = Client::new(&fake.base_url(), "other");
    let parts = [
        ("purpose", None, &b"batch"[..]),
        ("file", Some("a.jsonl"), b"{}\n{}\n"),
    ];
    let made = body(client.form("POST", "/files", &parts).await).await;
    assert_eq!(
        (&made["bytes"], &made["filename"]),
        (&json!(6), &json!("a.jsonl"))
    );
    let path = format!("/files/{}", made["id"].as_str().unwrap());
    let content = format!("{path}/content");
    assert_eq!(body(client.get(&path).await).await, made);
    assert_eq!(bytes(client.get(&content).await).await, "{}\n{}\n");
    assert_eq!(body(client.get("/files").await).await["data"], json!([made]));
    assert_eq!(body(other.get("/files").await).await["data"], json!([]));
    assert_eq!(other.get(&content).await.status(), 404);
    assert_eq!(delete(&other, &path).await.status(), 404);
    assert_eq!(body(delete(&client, &path).await).await["deleted"], true);
    assert_eq!(client.get(&path).await.status(), 404);
}

async fn delete(client: &Client, path: &str) -> Response<Incoming> {
    client
        .send(
            client
                .request("DELETE", path)
                .body(axum::body::Body::empty())
                .unwrap(),
        )
        .await
        .unwrap()
}

#[tokio::test]
async fn a_model_id_may_hold_a_slash_as_it_is_or_escaped() {
    let (fake, client) = fake().await;
    for path in ["/models/openai%2Fgpt-5-mini", "/models/openai/gpt-5-mini"] {
        assert_eq!(body(client.get(path).await).await["id"], "openai/gpt-5-mini");
    }
    assert_eq!(
        fake.server.records.all()[0].target,
        "/v1/models/openai%2Fgpt-5-mini"
    );
    assert_eq!(
        body(client.get("/models").await).await["data"]
            .as_array()
            .unwrap()
            .len(),
        8
    );
}

#[tokio::test]
async fn refusals_have_the_status_and_the_code_of_the_real_api() {
    let (fake, client) = fake().await;
    fake.keys.add("poor", 0);
    let (poor, wrong) = (
        Client::new(&fake.base_url(), "poor"),
        Client::new(&fake.base_url(), "sk-unknown-key"),
    );
    let check = async |answer: Response<Incoming>, status: u16, code: Value| {
        assert_eq!(answer.status(), status);
        assert_eq!(body(answer).await["error"]["code"], code);
    };
    check(wrong.get("/models").await, 401, json!("invalid_api_key")).await;
    check(
        poor.post("/chat/completions", &chat(false)).await,
        429,
        json!("insufficient_quota"),
    )
    .await;
    let unknown = json!({"model": "none", "messages": []});
    check(
        client.post("/chat/completions", &unknown).await,
        404,
        json!("model_not_found"),
    )
    .await;
    check(
        client
            .post("/chat/completions", &json!({"model": "gpt-5-mini"}))
            .await,
        400,
        Value::Null,
    )
    .await;
    check(
        client.post("/chat/completions", &json!([1])).await,
        400,
        Value::Null,
    )
    .await;
    check(client.get("/nothing").await, 404, Value::Null).await;
    check(client.get("/chat/completions").await, 404, Value::Null).await;
    let limited = Refusal::RateLimited {
        retry_after: Some(Duration::from_millis(1500)),
    };
    fake.server.faults.push(KEY, Fault::from(limited), 1);
    let answer = client.get("/models").await;
    assert_eq!(answer.headers()["retry-after"], "2");
    assert_eq!(answer.headers()["retry-after-ms"], "1500");
    check(answer, 429, json!("rate_limit_exceeded")).await;
    fake.keys.revoke(KEY);
    check(client.get("/models").await, 401, json!("invalid_api_key")).await;
}

#[tokio::test]
async fn a_wrong_key_is_shown_masked() {
    let (fake, _) = fake().await;
    let answer = body(
        Client::new(&fake.base_url(), "sk-unknown-key")
            .get("/models")
            .await,
    )
    .await;
    assert_eq!(
        answer["error"]["message"],
        "Incorrect API key provided: sk-*******-key."
    );
}
