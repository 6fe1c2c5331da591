//! A whole answer from the pieces of its stream.
//!
//! Invariant: a stream that broke off never becomes an answer: each choice must have its finish reason, or the
//! stream its `[DONE]`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Failure, from_event};
use super::events;
use crate::plugin::{Code, Rejection};

/// Which of the two endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Chat,
    Text,
}

impl Form {
    /// The form of a path's answers; nothing for other paths.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/oa/v1/chat/completions" => Some(Self::Chat),
            "/oa/v1/completions" => Some(Self::Text),
            _ => None,
        }
    }
}

/// One event of the stream.
#[derive(Deserialize)]
struct Piece {
    id: Option<Value>,
    created: Option<Value>,
    model: Option<Value>,
    #[serde(default)]
    choices: Vec<Part>,
    usage: Option<Value>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    index: u32,
    #[serde(default)]
    delta: Map<String, Value>,
    text: Option<String>,
    finish_reason: Option<Value>,
}

/// What has come of one choice.
#[derive(Default)]
struct Choice {
    /// Texts by their name: `content`, and what else a model says.
    texts: BTreeMap<String, String>,
    tools: BTreeMap<u64, Map<String, Value>>,
    finish_reason: Option<Value>,
    /// Pieces of text, of which each is about one token.
    pieces: u64,
}

#[derive(Default)]
struct Whole {
    id: Option<Value>,
    created: Option<Value>,
    model: Option<Value>,
    usage: Option<Value>,
    choices: BTreeMap<u32, Choice>,
    done: bool,
}

/// The answer that these events make, or the error that they tell of. `prompt` is the prompt's length in bytes.
pub(super) fn assemble(
    stream: &[u8],
    form: Form,
    prompt: usize,
) -> Result<Result<String, Failure>, Rejection> {
    let mut whole = Whole::default();
    for data in events::data(stream) {
        if data == b"[DONE]" {
            whole.done = true;
            break;
        }
        let has_choices = memchr::memmem::find(&data, b"\"choices\"").is_some();
        if let Some(failure) = (!has_choices).then(|| from_event(&data)).flatten() {
            return Ok(Err(failure));
        }
        // What is no piece of an answer (a ping, say) is passed over.
        if let Ok(piece) = serde_json::from_slice::<Piece>(&data) {
            whole.take(piece);
        }
    }
    let finished = whole
        .choices
        .values()
        .all(|choice| choice.finish_reason.is_some());
    if whole.choices.is_empty() || !(whole.done || finished) {
        return Err(Code::UpstreamBroken.into());
    }
    Ok(Ok(whole.answer(form, prompt).to_string()))
}

impl Whole {
    fn take(&mut self, piece: Piece) {
        self.id = self.id.take().or(piece.id);
        self.created = self.created.take().or(piece.created);
        self.model = self.model.take().or(piece.model);
        self.usage = piece.usage.filter(Value::is_object).or(self.usage.take());
        for part in piece.choices {
            self.choices.entry(part.index).or_default().take(part);
        }
    }

    fn answer(self, form: Form, prompt: usize) -> Value {
        let object = match form {
            Form::Chat => "chat.completion",
            Form::Text => "text_completion",
        };
        let pieces = self.choices.values().map(|choice| choice.pieces).sum();
        let usage = self.usage.unwrap_or_else(|| estimated(prompt, pieces));
        let choices: Vec<Value> = self
            .choices
            .into_iter()
            .map(|(index, choice)| choice.shown(index, form))
            .collect();
        json!({
            "id": self.id, "object": object, "created": self.created.unwrap_or(0.into()), "model": self.model,
            "choices": choices, "usage": usage,
        })
    }
}

impl Choice {
    fn take(&mut self, part: Part) {
        if let Some(reason) = part.finish_reason.filter(|reason| !reason.is_null()) {
            self.finish_reason = Some(reason);
        }
        if let Some(text) = part.text {
            self.say("text", &text);
        }
        for (name, value) in part.delta {
            match value {
                Value::String(text) if name != "role" => self.say(&name, &text),
                Value::Array(calls) if name == "tool_calls" => {
                    calls.into_iter().for_each(|call| self.call(call));
                }
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_) => {}
            }
        }
    }

    fn say(&mut self, name: &str, text: &str) {
        self.pieces += u64::from(!text.is_empty());
        self.texts.entry(name.to_owned()).or_default().push_str(text);
    }

    /// A piece of a tool's call: names come whole, arguments bit by bit.
    fn call(&mut self, piece: Value) {
        let Value::Object(piece) = piece else { return };
        let index = piece.get("index").and_then(Value::as_u64).unwrap_or(0);
        let call = self.tools.entry(index).or_default();
        for (name, value) in piece {
            match (name.as_str(), value) {
                ("index", _) | (_, Value::Null) => {}
                ("function", Value::Object(piece)) => {
                    let function = call
                        .entry("function")
                        .or_insert_with(|| Value::Object(Map::new()));
                    join(function, piece);
                }
                (_, value) => {
                    call.insert(name, value);
                }
            }
        }
    }

    fn shown(mut self, index: u32, form: Form) -> Value {
        let finish_reason = self.finish_reason.unwrap_or("stop".into());
        match form {
            Form::Text => {
                let text = self.texts.remove("text").unwrap_or_default();
                json!({ "index": index, "text": text, "logprobs": null, "finish_reason": finish_reason })
            }
            Form::Chat => {
                let mut message = Map::from_iter([("role".to_owned(), "assistant".into())]);
                message.insert("content".to_owned(), Value::Null);
                message.extend(self.texts.into_iter().map(|(name, text)| (name, text.into())));
                if !self.tools.is_empty() {
                    let calls = self.tools.into_values().map(Value::Object).collect();
                    message.insert("tool_calls".to_owned(), Value::Array(calls));
                }
                json!({ "index": index, "message": message, "logprobs": null, "finish_reason": finish_reason })
            }
        }
    }
}

/// Appends texts to texts of the same name.
fn join(into: &mut Value, piece: Map<String, Value>) {
    let Value::Object(into) = into else { return };
    for (name, value) in piece {
        match (into.get_mut(&name), value) {
            (Some(Value::String(text)), Value::String(more)) => text.push_str(&more),
            (_, value) => {
                into.insert(name, value);
            }
        }
    }
}

/// About four bytes of a prompt make a token, and each piece of the stream is one; `source` says that it is a guess.
fn estimated(prompt: usize, pieces: u64) -> Value {
    let prompt = prompt.div_ceil(4) as u64;
    json!({
        "prompt_tokens": prompt, "completion_tokens": pieces, "total_tokens": prompt + pieces, "source": "estimated",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assembled(events: &[Value], form: Form) -> Value {
        let mut stream: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        stream.push_str("data: [DONE]\n\n");
        serde_json::from_str(&assemble(stream.as_bytes(), form, 40).unwrap().unwrap()).unwrap()
    }

    fn chunk(choice: &Value) -> Value {
        json!({ "id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "xialong-v1", "choices": [choice] })
    }

    #[test]
    fn texts_are_joined_and_reported_usage_is_kept() {
        let usage = json!({ "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5 });
        let answer = assembled(
            &[
                chunk(&json!({ "index": 0, "delta": { "role": "assistant", "reasoning_content": "hm" } })),
                chunk(&json!({ "index": 0, "delta": { "content": "Hel" }, "finish_reason": null })),
                chunk(&json!({ "index": 1, "delta": { "content": "Other" }, "finish_reason": "length" })),
                chunk(&json!({ "index": 0, "delta": { "content": "lo" }, "finish_reason": "stop" })),
                json!({ "choices": [], "usage": usage }),
            ],
            Form::Chat,
        );
        assert_eq!(answer["object"], "chat.completion");
        assert_eq!((&answer["id"], &answer["created"]), (&json!("c1"), &json!(7)));
        let message = json!({ "role": "assistant", "content": "Hello", "reasoning_content": "hm" });
        assert_eq!(answer["choices"][0]["message"], message);
        assert_eq!(answer["choices"][0]["finish_reason"], "stop");
        assert_eq!(answer["choices"][1]["message"]["content"], "Other");
        assert_eq!(answer["choices"][1]["finish_reason"], "length");
        assert_eq!(answer["usage"], usage);
    }

    #[test]
    fn without_reported_usage_it_is_estimated_and_says_so() {
        let events = ["On", "ce"].map(|text| json!({ "choices": [{ "index": 0, "text": text }] }));
        let answer = assembled(&events, Form::Text);
        assert_eq!(
            (&answer["object"], &answer["choices"][0]["text"]),
            (&json!("text_completion"), &json!("Once"))
        );
        let usage =
            json!({ "prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, "source": "estimated" });
        assert_eq!(answer["usage"], usage);
    }

    #[test]
    fn tool_calls_are_put_together_by_their_index() {
        let call = |delta: Value| chunk(&json!({ "index": 0, "delta": { "tool_calls": [delta] } }));
        let answer = assembled(
            &[
                call(
                    json!({ "index": 0, "id": "t1", "type": "function", "function": { "name": "f", "arguments": "" } }),
                ),
                call(
                    json!({ "index": 1, "id": "t2", "type": "function", "function": { "name": "g", "arguments": "{}" } }),
                ),
                call(json!({ "index": 0, "function": { "arguments": "{\"a\":" } })),
                call(json!({ "index": 0, "function": { "arguments": "1}" } })),
                chunk(&json!({ "index": 0, "delta": {}, "finish_reason": "tool_calls" })),
            ],
            Form::Chat,
        );
        let message = &answer["choices"][0]["message"];
        assert_eq!(message["content"], Value::Null);
        assert_eq!(
            message["tool_calls"],
            json!([
                { "id": "t1", "type": "function", "function": { "name": "f", "arguments": "{\"a\":1}" } },
                { "id": "t2", "type": "function", "function": { "name": "g", "arguments": "{}" } },
            ])
        );
    }

    #[test]
    fn a_stream_that_broke_off_or_failed_is_no_answer() {
        let cut = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n";
        assert_eq!(assemble(cut, Form::Chat, 0), Err(Code::UpstreamBroken.into()));
        assert_eq!(assemble(b"", Form::Chat, 0), Err(Code::UpstreamBroken.into()));
        let failed = [&cut[..], b"data: {\"statusCode\":503,\"message\":\"busy\"}\n\n"].concat();
        let failure = assemble(&failed, Form::Chat, 0).unwrap().unwrap_err();
        assert_eq!(failure.status, 503);
        let body: Value = serde_json::from_str(&failure.body()).unwrap();
        assert_eq!(
            (&body["error"]["message"], &body["error"]["type"]),
            (&json!("busy"), &json!("server_error"))
        );
    }
}
