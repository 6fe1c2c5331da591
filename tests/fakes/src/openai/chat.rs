//! `POST /v1/chat/completions`, as JSON and as a stream.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::words::{Answer, Usage, count, last_text, text_of};
use super::world::{Ask, CREATED, Caller, World};
use crate::sse;

pub(super) async fn create(
    State(world): State<World>,
    caller: Caller,
    ask: Ask,
) -> Result<Response, Refusal> {
    let model = ask.model(&world)?;
    let messages = ask.require("messages")?;
    let n = ask.count()?;
    caller.can_pay(&world)?;
    let most = ask
        .number("max_completion_tokens")
        .or_else(|| ask.number("max_tokens"));
    let answer = world.answer(&model, &last_text(messages), most);
    let completion = (answer.pieces.len() * n) as u64;
    let usage = Usage {
        prompt: count(&text_of(messages)),
        completion,
    };
    world.work_tokens(&caller, usage).await;
    let chat = Chat {
        id: world.id("chatcmpl-"),
        model,
        answer,
        n,
        usage,
    };
    if ask.flag("stream") {
        return Ok(sse::answer(world.pace, chat.events(ask.wants_usage())).into_response());
    }
    Ok(Json(chat.whole()).into_response())
}

struct Chat {
    id: String,
    model: String,
    answer: Answer,
    n: usize,
    usage: Usage,
}

impl Chat {
    fn whole(&self) -> Value {
        let message =
            json!({"role": "assistant", "content": self.answer.text(), "refusal": null, "annotations": []});
        let choice = |index| {
            json!({
                "index": index, "message": message, "logprobs": null, "finish_reason": self.answer.finish_reason(),
            })
        };
        json!({
            "id": self.id, "object": "chat.completion", "created": CREATED, "model": self.model,
            "choices": (0..self.n).map(choice).collect::<Vec<_>>(),
            "usage": self.usage.completions(), "service_tier": "default", "system_fingerprint": "fp_fake",
        })
    }

    /// For each choice: its role, its words, its end. Then the usage, if wanted, and the end mark.
    fn events(&self, usage: bool) -> Vec<Bytes> {
        let mut chunks = Vec::new();
        for index in 0..self.n {
            chunks.push(delta(
                index,
                &json!({"role": "assistant", "content": "", "refusal": null}),
                None,
            ));
            chunks.extend(
                self.answer
                    .pieces
                    .iter()
                    .map(|word| delta(index, &json!({"content": word}), None)),
            );
            chunks.push(delta(index, &json!({}), Some(self.answer.finish_reason())));
        }
        let mut events: Vec<Bytes> = chunks
            .iter()
            .map(|choices| self.event(choices, usage.then_some(None)))
            .collect();
        if usage {
            events.push(self.event(&json!([]), Some(Some(self.usage))));
        }
        events.push(Bytes::from_static(b"data: [DONE]\n\n"));
        events
    }

    /// `usage` is absent, null, or the figures.
    fn event(&self, choices: &Value, usage: Option<Option<Usage>>) -> Bytes {
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": CREATED, "model": self.model,
            "service_tier": "default", "system_fingerprint": "fp_fake", "choices": choices,
        });
        if let (Some(usage), Some(chunk)) = (usage, chunk.as_object_mut()) {
            chunk.insert("usage".to_owned(), usage.map_or(Value::Null, Usage::completions));
        }
        sse::data(&chunk)
    }
}

fn delta(index: usize, delta: &Value, finish: Option<&str>) -> Value {
    json!([{"index": index, "delta": delta, "logprobs": null, "finish_reason": finish}])
}
