//! `POST /ai/encode-vibe`: what a picture feels like, as bytes for later requests.
//!
//! Invariant: the encoding has the size of a real one and is no picture, so that it can be told from one.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    NovelAi,
    admission::{self, Service},
    anlas,
    call::Call,
    envelope::Envelope,
    errors::{self, Refused},
    model::Model,
    work,
};

/// Bytes of an encoding.
const LENGTH: usize = 48_916;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EncodeVibe {
    image: String,
    model: String,
    /// One client writes it in camel case.
    #[serde(alias = "informationExtracted")]
    information_extracted: Option<f64>,
}

pub(crate) async fn encode(State(fake): State<NovelAi>, call: Call) -> Result<Response, Refused> {
    let envelope = Envelope::read(&call.headers, call.body).await?;
    let request: EncodeVibe = envelope.request()?;
    let model = Model::find(&request.model).ok_or_else(|| errors::model_missing(&request.model))?;
    if !model.encodes_vibes() {
        return Err(
            errors::validation(&format!("model {} doesn't support vibe encoding", model.name)).into(),
        );
    }
    let extracted = request.information_extracted.unwrap_or(1.0);
    if !(0.0..=1.0).contains(&extracted) {
        return Err(errors::validation("information_extracted must be between 0 and 1").into());
    }
    let image = envelope.image(&request.image)?;
    let settings = fake.settings();
    let held = admission::admit(&settings, &call.holder, Service::Tool, |ledger| {
        ledger.charge(anlas::ENCODE_VIBE)
    })?;
    let vibe = work::run(held, fake.pace(settings.tool_duration), move || {
        crc32fast::hash(&image)
            .to_be_bytes()
            .into_iter()
            .cycle()
            .take(LENGTH)
            .collect::<Vec<u8>>()
    });
    Ok(([(header::CONTENT_TYPE, "application/binary")], vibe.await?).into_response())
}
