//! `POST /v1/images/generations` and `/v1/images/edits`: real PNGs, whose colour comes from the prompt.

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::form::Form;
use super::keys::PER_IMAGE;
use super::refusal::Refusal;
use super::words::{Usage, count};
use super::world::{Ask, CREATED, Caller, World, missing};
use crate::png;

/// Width and height of a picture, whatever size was asked for, in pixels.
const SIDE: u32 = 16;
/// Tokens that a picture counts for.
const TOKENS: u64 = 100;

pub(super) async fn generate(
    State(world): State<World>,
    caller: Caller,
    ask: Ask,
) -> Result<Json<Value>, Refusal> {
    ask.model(&world)?;
    let prompt = ask.text("prompt").ok_or_else(|| missing("prompt"))?;
    let n = ask.count()?;
    paint(&world, &caller, prompt, n).await
}

pub(super) async fn edit(
    State(world): State<World>,
    caller: Caller,
    form: Form,
) -> Result<Json<Value>, Refusal> {
    form.model(&world)?;
    form.require("image")?;
    let prompt = form.text("prompt").ok_or_else(|| missing("prompt"))?;
    paint(&world, &caller, &prompt, 1).await
}

async fn paint(world: &World, caller: &Caller, prompt: &str, n: usize) -> Result<Json<Value>, Refusal> {
    caller.can_pay(world)?;
    world.work(caller, PER_IMAGE * n as u64).await;
    let [red, green, blue, ..] = Sha256::digest(prompt).0;
    let picture = png::solid(SIDE, SIDE, [red, green, blue]).map_err(|_| Refusal::ServerError)?;
    let picture = json!({"b64_json": STANDARD.encode(picture)});
    let usage = Usage {
        prompt: count(prompt),
        completion: TOKENS * n as u64,
    };
    Ok(Json(json!({
        "created": CREATED, "data": vec![picture; n], "background": "opaque", "output_format": "png",
        "quality": "low", "size": "1024x1024",
        "usage": {
            "input_tokens": usage.prompt, "output_tokens": usage.completion, "total_tokens": usage.total(),
            "input_tokens_details": {"text_tokens": usage.prompt, "image_tokens": 0},
        },
    })))
}
