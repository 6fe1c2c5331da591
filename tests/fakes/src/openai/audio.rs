//! `POST /v1/audio/speech` (bytes) and `/v1/audio/transcriptions` (multipart).

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;

use super::form::Form;
use super::refusal::Refusal;
use super::words::{Usage, count};
use super::world::{Ask, Caller, World, missing};
use crate::record::sha256_hex;
use crate::sse;

/// Header of an MPEG-1 layer III frame: 128 kbit/s, 44.1 kHz, joint stereo.
const FRAME_HEADER: [u8; 4] = [0xff, 0xfb, 0x90, 0x64];
/// Its length: 144 × 128000 / 44100.
const FRAME_LENGTH: usize = 417;

/// A silent frame for each word, sent in pieces without a length, as the real one does.
pub(super) async fn speak(State(world): State<World>, caller: Caller, ask: Ask) -> Result<Response, Refusal> {
    ask.model(&world)?;
    ask.require("voice")?;
    let words = count(ask.text("input").ok_or_else(|| missing("input"))?);
    caller.can_pay(&world)?;
    world
        .work_tokens(
            &caller,
            Usage {
                prompt: words,
                completion: 0,
            },
        )
        .await;
    let mut frame = FRAME_HEADER.to_vec();
    frame.resize(FRAME_LENGTH, 0);
    let frames = (0..words).map(|_| Bytes::from(frame.clone())).collect();
    Ok((
        [(header::CONTENT_TYPE, "audio/mpeg")],
        sse::paced(world.pace, frames),
    )
        .into_response())
}

pub(super) async fn transcribe(
    State(world): State<World>,
    caller: Caller,
    form: Form,
) -> Result<Response, Refusal> {
    let model = form.model(&world)?;
    let file = form.require("file")?;
    caller.can_pay(&world)?;
    let name = file.filename.as_deref().unwrap_or("audio");
    let text = format!(
        "{model} heard {} bytes of {name}: {}",
        file.content.len(),
        sha256_hex(&file.content)
    );
    world
        .work_tokens(
            &caller,
            Usage {
                prompt: 0,
                completion: count(&text),
            },
        )
        .await;
    let usage = json!({"type": "duration", "seconds": 1});
    Ok(match form.text("response_format").as_deref() {
        Some("text") => format!("{text}\n").into_response(),
        Some("verbose_json") => {
            let whole = json!({
                "task": "transcribe", "language": "english", "duration": 1.0, "text": text, "segments": [],
                "usage": usage,
            });
            Json(whole).into_response()
        }
        Some(_) | None => Json(json!({"text": text, "usage": usage})).into_response(),
    })
}
