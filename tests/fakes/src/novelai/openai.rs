//! `/oa/v1/*` of the text host: like OpenAI's API, but not quite.
//!
//! Invariant: it keeps the deviations that clients meet. A whole answer has an empty `text` and no message;
//! `content` must be a string; tools and response formats are ignored; errors are in NovelAI's shape.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    NovelAi, Settings, Tier,
    admission::{self, Service},
    bearer::Bearer,
    call::{self, Call},
    errors::{self, Refused},
    ledger::Ledger,
    lock::Held,
    mishap, text, token_ids, tokens, work,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Completion {
    model: String,
    messages: Vec<Message>,
    prompt: Value,
    stream: Option<bool>,
    max_tokens: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    content: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Chat,
    Text,
}

const MODELS: [&str; 2] = ["glm-4-6", "xialong-v1"];

pub(crate) async fn chat(fake: State<NovelAi>, call: Call) -> Result<Response, Refused> {
    complete(fake, call, Kind::Chat).await
}

pub(crate) async fn completions(fake: State<NovelAi>, call: Call) -> Result<Response, Refused> {
    complete(fake, call, Kind::Text).await
}

pub(crate) async fn models(State(fake): State<NovelAi>, _: Bearer) -> Json<Value> {
    let listed: &[&str] = if fake.settings().lists_text_models {
        &MODELS
    } else {
        &[]
    };
    let data: Vec<Value> = listed
        .iter()
        .map(|id| json!({ "id": id, "object": "model", "created": 1_750_000_000, "owned_by": "novelai" }))
        .collect();
    Json(json!({ "object": "list", "data": data }))
}

pub(crate) async fn token_count(call: Call) -> Result<Json<Value>, Refused> {
    let request: Completion = call::json(&call.body)?;
    let encoded = token_ids::ids(&prompt(&request)?);
    Ok(Json(json!({ "length": encoded.len(), "encoded": encoded })))
}

async fn complete(State(fake): State<NovelAi>, call: Call, kind: Kind) -> Result<Response, Refused> {
    let request: Completion = call::json(&call.body)?;
    prompt(&request)?;
    check_model(&request.model, &call.holder.ledger())?;
    let settings = fake.settings();
    let held = admission::admit(&settings, &call.holder, Service::Text, |_| Ok(()))?;
    let words = token_ids::written(request.max_tokens.unwrap_or(usize::MAX).min(settings.text_tokens));
    let id = format!("cmpl-{}", fake.next_generation());
    if request.stream != Some(true) {
        work::run(held, fake.pace(settings.text_duration), || ()).await?;
        return Ok(Json(whole(&id, &request.model, &words)).into_response());
    }
    let events = chunks(kind, &id, &request.model, &words);
    Ok(stream(&fake, &settings, &call, held, events))
}

/// The prompt in one piece. Its texts must be plain strings.
fn prompt(request: &Completion) -> Result<String, Refused> {
    let texts = request
        .messages
        .iter()
        .map(|message| (&message.content, "ChatMessage.messages.content"));
    let prompt = (!request.prompt.is_null()).then_some((&request.prompt, "CompletionRequest.prompt"));
    let texts: Result<Vec<&str>, Refused> = texts
        .chain(prompt)
        .map(|(text, field)| string(text, field))
        .collect();
    Ok(texts?.join("\n"))
}

fn string<'a>(value: &'a Value, field: &str) -> Result<&'a str, Refused> {
    let kind = match value {
        Value::String(text) => return Ok(text),
        Value::Null => return Ok(""),
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
    };
    let detail = format!("json: cannot unmarshal {kind} into Go struct field {field} of type string");
    Err(errors::decoding(&detail).into())
}

fn check_model(model: &str, ledger: &Ledger) -> Result<(), Refused> {
    text::check_subscription(ledger)?;
    match model {
        "xialong-v1" if ledger.tier < Tier::Opus => Err(errors::tier_forbidden().into()),
        known if MODELS.contains(&known) => Ok(()),
        unknown => Err(errors::model_missing(unknown).into()),
    }
}

fn whole(id: &str, model: &str, words: &[&str]) -> Value {
    let ids: Vec<u16> = words.iter().map(|word| token_ids::id(word)).collect();
    let choice =
        json!({ "index": 0, "text": "", "token_ids": ids, "finish_reason": "stop", "logprobs": null });
    envelope(id, model, Kind::Chat, &choice)
}

fn chunks(kind: Kind, id: &str, model: &str, words: &[&str]) -> Vec<Bytes> {
    let last = words.len().saturating_sub(1);
    let chunk = |(at, word): (usize, &&str)| {
        let finish = (at == last).then_some("stop");
        let choice = match kind {
            Kind::Chat => {
                json!({ "index": 0, "delta": { "role": "assistant", "content": word }, "finish_reason": finish })
            }
            Kind::Text => json!({ "index": 0, "text": word, "finish_reason": finish }),
        };
        data(&envelope(id, model, kind, &choice))
    };
    let done = Bytes::from_static(b"data: [DONE]\n\n");
    words.iter().enumerate().map(chunk).chain([done]).collect()
}

fn envelope(id: &str, model: &str, kind: Kind, choice: &Value) -> Value {
    let object = match kind {
        Kind::Chat => "chat.completion.chunk",
        Kind::Text => "text_completion",
    };
    json!({ "id": id, "object": object, "created": tokens::unix_now(), "model": model, "choices": [choice] })
}

fn stream(
    fake: &NovelAi,
    settings: &Settings,
    call: &Call,
    held: Option<Held>,
    events: Vec<Bytes>,
) -> Response {
    let events = mishap::befall(
        events,
        call.holder.next_mishap().as_ref(),
        |code, message| data(&json!({ "statusCode": code, "message": message })),
        |message| data(&json!({ "message": message })),
    );
    let body = work::feed(held, fake.pace(settings.text_duration), events, || ());
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn data(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}
