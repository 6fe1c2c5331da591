//! `POST /v1/completions`, as JSON and as a stream.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::words::{Usage, count, text_of};
use super::world::{Ask, CREATED, Caller, World};
use crate::sse;

pub(super) async fn create(
    State(world): State<World>,
    caller: Caller,
    ask: Ask,
) -> Result<Response, Refusal> {
    let model = ask.model(&world)?;
    let prompt = text_of(ask.require("prompt")?);
    caller.can_pay(&world)?;
    let answer = world.answer(&model, &prompt, ask.number("max_tokens"));
    let usage = Usage {
        prompt: count(&prompt),
        completion: answer.pieces.len() as u64,
    };
    world.work_tokens(&caller, usage).await;
    let id = world.id("cmpl-");
    let object = |text: &str, finish: Option<&str>| {
        json!({
            "id": id, "object": "text_completion", "created": CREATED, "model": model,
            "choices": [{"text": text, "index": 0, "logprobs": null, "finish_reason": finish}],
        })
    };
    if !ask.flag("stream") {
        let whole = with_usage(object(&answer.text(), Some(answer.finish_reason())), usage);
        return Ok(Json(whole).into_response());
    }
    let mut events: Vec<Bytes> = answer
        .pieces
        .iter()
        .map(|word| sse::data(&object(word, None)))
        .collect();
    events.push(sse::data(&object("", Some(answer.finish_reason()))));
    if ask.wants_usage() {
        let last = json!({
            "id": id, "object": "text_completion", "created": CREATED, "model": model, "choices": [],
        });
        events.push(sse::data(&with_usage(last, usage)));
    }
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    Ok(sse::answer(world.pace, events).into_response())
}

fn with_usage(mut object: Value, usage: Usage) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.insert("usage".to_owned(), usage.completions());
    }
    object
}
