//! `GET /ai/generate-image/suggest-tags`: tags that go on from what was typed.
//!
//! Invariant: nobody needs a token here, so it says nothing of a token.

use axum::{
    Json,
    extract::Query,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    errors::{self, Refused},
    model::Model,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    model: String,
    prompt: String,
    lang: Option<String>,
}

/// English, Japanese, and how often.
const TAGS: [(&str, &str, u32); 6] = [
    ("blue eyes", "青い目", 10_000),
    ("blue hair", "青髪", 9_000),
    ("blush", "赤面", 8_000),
    ("cooking pot", "鍋", 700),
    ("smile", "笑顔", 10_000),
    ("table", "テーブル", 6_000),
];

pub(crate) async fn suggest(Query(asked): Query<Asked>) -> Result<Response, Refused> {
    Model::find(&asked.model).ok_or_else(errors::model_not_found)?;
    let answer = match asked.lang.as_deref() {
        Some("jp") => japanese(&asked.prompt),
        Some(_) | None => english(&asked.prompt),
    };
    Ok(Json(answer).into_response())
}

fn english(prompt: &str) -> Value {
    let found = TAGS.iter().filter(|(tag, ..)| tag.starts_with(prompt));
    let tags: Vec<Value> = found
        .map(|(tag, _, count)| json!({ "tag": tag, "count": count, "confidence": f64::from(*count) / 10_000.0 }))
        .collect();
    json!({ "tags": tags })
}

/// A bare array, of another shape.
fn japanese(prompt: &str) -> Value {
    let found = TAGS.iter().filter(|(_, tag, _)| tag.starts_with(prompt));
    found
        .map(|(en, jp, power)| json!({ "jp_tag": jp, "en_tag": en, "power": power }))
        .collect()
}
