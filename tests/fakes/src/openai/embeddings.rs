//! `POST /v1/embeddings`: vectors from a hash of the input, as floats or as base64 of little-endian `f32`.

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use super::words::{Usage, count, text_of};
use super::world::{Ask, Caller, World};

/// Length of a vector where the request does not say.
const DIMENSIONS: usize = 16;
/// The longest vector, as of the largest real model.
const MOST: usize = 3072;

pub(super) async fn create(
    State(world): State<World>,
    caller: Caller,
    ask: Ask,
) -> Result<Json<Value>, Refusal> {
    let model = ask.model(&world)?;
    let texts = texts(ask.require("input")?);
    let dimensions = ask.number("dimensions").unwrap_or(DIMENSIONS).clamp(1, MOST);
    let base64 = ask.text("encoding_format") == Some("base64");
    caller.can_pay(&world)?;
    let prompt = texts.iter().map(|text| count(text)).sum();
    world
        .work_tokens(
            &caller,
            Usage {
                prompt,
                completion: 0,
            },
        )
        .await;
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            json!({"object": "embedding", "index": index, "embedding": encoded(&vector(text, dimensions), base64)})
        })
        .collect();
    let usage = json!({"prompt_tokens": prompt, "total_tokens": prompt});
    Ok(Json(
        json!({"object": "list", "data": data, "model": model, "usage": usage}),
    ))
}

/// One text for each vector: a string, a list of strings, a list of tokens, or a list of lists of tokens.
fn texts(input: &Value) -> Vec<String> {
    match input {
        Value::Array(items) if items.iter().all(|item| !item.is_number()) => {
            items.iter().map(text_of).collect()
        }
        other => vec![text_of(other)],
    }
}

/// Numbers from -1 to 1, the same for the same text. Each takes two bytes of a running hash, so that its decimal
/// and its binary form are the same number.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let hashes = (0_u32..).flat_map(|block| Sha256::digest([&block.to_le_bytes(), text.as_bytes()].concat()));
    let bytes: Vec<u8> = hashes.take(dimensions * 2).collect();
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32768.0)
        .collect()
}

fn encoded(vector: &[f32], base64: bool) -> Value {
    if !base64 {
        return json!(vector);
    }
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    Value::String(STANDARD.encode(bytes))
}
