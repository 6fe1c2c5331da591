//! `/v1/responses`: create (JSON, or a stream of typed events), retrieve and delete stored ones.

use axum::Json;
use axum::extract::{Path, State};
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
    let input = ask.require("input")?;
    caller.can_pay(&world)?;
    if let Some(id) = ask.text("previous_response_id") {
        stored(&world, &caller, id.to_owned())?;
    }
    let answer = world.answer(&model, &last_text(input), ask.number("max_output_tokens"));
    let instructions = ask.text("instructions").unwrap_or_default();
    let prompt = count(&text_of(input)) + count(instructions);
    let usage = Usage {
        prompt,
        completion: answer.pieces.len() as u64,
    };
    world.work_tokens(&caller, usage).await;
    let reply = Reply {
        id: world.id("resp_"),
        item: world.id("msg_"),
        model,
        answer,
        usage,
    };
    if ask.0.get("store") != Some(&Value::Bool(false)) {
        world.keys.with(&caller.key, |account| {
            account.responses.insert(reply.id.clone(), reply.whole())
        });
    }
    if ask.flag("stream") {
        return Ok(sse::answer(world.pace, reply.events()).into_response());
    }
    Ok(Json(reply.whole()).into_response())
}

pub(super) async fn show(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    stored(&world, &caller, id).map(Json)
}

pub(super) async fn input_items(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    stored(&world, &caller, id)?;
    Ok(Json(
        json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false}),
    ))
}

fn stored(world: &World, caller: &Caller, id: String) -> Result<Value, Refusal> {
    let found = world
        .keys
        .with(&caller.key, |account| account.responses.get(&id).cloned());
    found
        .flatten()
        .ok_or(Refusal::NoSuchObject { what: "Response", id })
}

pub(super) async fn delete(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    match world
        .keys
        .with(&caller.key, |account| account.responses.remove(&id))
        .flatten()
    {
        Some(_) => Ok(Json(json!({"id": id, "object": "response", "deleted": true}))),
        None => Err(Refusal::NoSuchObject { what: "Response", id }),
    }
}

struct Reply {
    id: String,
    item: String,
    model: String,
    answer: Answer,
    usage: Usage,
}

impl Reply {
    fn whole(&self) -> Value {
        let output = json!([self.message("completed", &json!([part(&self.answer.text())]))]);
        self.object(
            if self.answer.cut {
                "incomplete"
            } else {
                "completed"
            },
            &output,
            &self.usage.responses(),
        )
    }

    fn object(&self, status: &str, output: &Value, usage: &Value) -> Value {
        let cut = (status == "incomplete").then(|| json!({"reason": "max_output_tokens"}));
        json!({
            "id": self.id, "object": "response", "created_at": CREATED, "status": status, "error": null,
            "incomplete_details": cut, "instructions": null, "metadata": {}, "model": self.model, "output": output,
            "parallel_tool_calls": true, "previous_response_id": null, "temperature": 1.0, "tool_choice": "auto",
            "tools": [], "top_p": 1.0, "text": {"format": {"type": "text"}}, "truncation": "disabled",
            "store": true, "usage": usage,
        })
    }

    fn message(&self, status: &str, content: &Value) -> Value {
        json!({"id": self.item, "type": "message", "status": status, "role": "assistant", "content": content})
    }

    fn events(&self) -> Vec<Bytes> {
        let text = self.answer.text();
        let begun = self.object("in_progress", &json!([]), &Value::Null);
        let end = if self.answer.cut {
            "response.incomplete"
        } else {
            "response.completed"
        };
        let mut events = vec![
            ("response.created", json!({"response": begun})),
            ("response.in_progress", json!({"response": begun})),
            (
                "response.output_item.added",
                json!({"item": self.message("in_progress", &json!([]))}),
            ),
            ("response.content_part.added", json!({"part": part("")})),
        ];
        let word = |word: &String| {
            (
                "response.output_text.delta",
                json!({"delta": word, "logprobs": []}),
            )
        };
        events.extend(self.answer.pieces.iter().map(word));
        events.extend([
            ("response.output_text.done", json!({"text": text, "logprobs": []})),
            ("response.content_part.done", json!({"part": part(&text)})),
            (
                "response.output_item.done",
                json!({"item": self.message("completed", &json!([part(&text)]))}),
            ),
            (end, json!({"response": self.whole()})),
        ]);
        events
            .into_iter()
            .enumerate()
            .map(|(number, (name, data))| self.event(number, name, data))
            .collect()
    }

    /// Adds what every event of its kind carries.
    fn event(&self, number: usize, name: &str, mut data: Value) -> Bytes {
        if let Some(data) = data.as_object_mut() {
            data.insert("type".to_owned(), name.into());
            data.insert("sequence_number".to_owned(), number.into());
            let of_item = name.starts_with("response.output") || name.starts_with("response.content");
            if of_item {
                data.insert("output_index".to_owned(), 0.into());
            }
            if of_item && !name.starts_with("response.output_item") {
                data.insert("content_index".to_owned(), 0.into());
                data.insert("item_id".to_owned(), self.item.as_str().into());
            }
        }
        sse::named(name, &data)
    }
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}
