//! `POST /v1/moderations`: flags texts that contain the word "violence".

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::words::text_of;
use super::world::{Ask, Caller, World};

/// Used where the request names none.
const MODEL: &str = "omni-moderation-latest";

const CATEGORIES: [&str; 13] = [
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

pub(super) async fn create(
    State(world): State<World>,
    _caller: Caller,
    ask: Ask,
) -> Result<Json<Value>, Refusal> {
    let model = ask.text("model").unwrap_or(MODEL);
    world.know(model)?;
    let texts: Vec<String> = match ask.require("input")? {
        Value::Array(items) => items.iter().map(text_of).collect(),
        other => vec![text_of(other)],
    };
    world.pace.work().await;
    let results: Vec<Value> = texts.iter().map(|text| verdict(text)).collect();
    Ok(Json(
        json!({"id": world.id("modr-"), "model": model, "results": results}),
    ))
}

fn verdict(text: &str) -> Value {
    let flagged = text.contains("violence");
    let of_each = |value: &dyn Fn(bool) -> Value| -> Map<String, Value> {
        CATEGORIES
            .iter()
            .map(|name| ((*name).to_owned(), value(flagged && *name == "violence")))
            .collect()
    };
    json!({
        "flagged": flagged,
        "categories": of_each(&|hit| json!(hit)),
        "category_scores": of_each(&|hit| json!(if hit { 0.99 } else { 0.01 })),
        "category_applied_input_types": of_each(&|_| json!(["text"])),
    })
}
