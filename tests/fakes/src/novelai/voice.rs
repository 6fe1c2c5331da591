//! `GET /ai/generate-voice`, on the api host: a text read aloud.
//!
//! Invariant: silence, but in the container that was asked for.

use axum::{
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    NovelAi,
    admission::{self, Service},
    bearer::Bearer,
    errors::{self, Refused},
    work,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Voice {
    text: String,
    opus: bool,
}

/// Head of an MPEG-1 layer III frame of 128 kbit/s and 44.1 kHz, and its length in bytes.
const MPEG_HEAD: [u8; 4] = [0xff, 0xfb, 0x90, 0x64];
const MPEG_FRAME: usize = 417;
/// An EBML head that says `webm`.
const WEBM: &[u8] = &[
    0x1a, 0x45, 0xdf, 0xa3, 0x87, 0x42, 0x82, 0x84, b'w', b'e', b'b', b'm',
];

pub(crate) async fn generate(
    State(fake): State<NovelAi>,
    bearer: Bearer,
    Query(asked): Query<Voice>,
) -> Result<Response, Refused> {
    if asked.text.is_empty() {
        return Err(errors::validation("text must not be empty").into());
    }
    let settings = fake.settings();
    let held = admission::admit(&settings, &bearer.holder, Service::Tool, |_| Ok(()))?;
    let frames = asked.text.chars().count();
    work::run(held, fake.pace(settings.tool_duration), || ()).await?;
    Ok(if asked.opus {
        ([(header::CONTENT_TYPE, "audio/webm")], WEBM.to_vec()).into_response()
    } else {
        let mut frame = MPEG_HEAD.to_vec();
        frame.resize(MPEG_FRAME, 0);
        ([(header::CONTENT_TYPE, "audio/mpeg")], frame.repeat(frames)).into_response()
    })
}
