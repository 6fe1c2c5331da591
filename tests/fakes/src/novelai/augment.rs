//! `POST /ai/augment-image`: the Director tools.
//!
//! Invariant: removing a background gives three pictures, every other tool one.

use axum::{extract::State, response::Response};
use bytes::Bytes;
use serde::Deserialize;

use super::{
    NovelAi,
    admission::{self, Service},
    anlas,
    call::Call,
    delivery::{self, Shape},
    envelope::Envelope,
    errors::{self, Refused},
    picture::Format,
    png, work,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Augment {
    req_type: String,
    width: u32,
    height: u32,
    image: String,
}

const TOOLS: [&str; 7] = [
    "lineart",
    "sketch",
    "colorize",
    "emotion",
    "declutter",
    "declutter-keep-bubbles",
    "bg-removal",
];

pub(crate) async fn augment(State(fake): State<NovelAi>, call: Call) -> Result<Response, Refused> {
    let shape = Shape::wanted(&call.headers);
    let envelope = Envelope::read(&call.headers, call.body).await?;
    let request: Augment = envelope.request()?;
    envelope.image(&request.image)?;
    let size = checked(&request)?;
    let removes_background = request.req_type == "bg-removal";
    let settings = fake.settings();
    let held = admission::admit(&settings, &call.holder, Service::Tool, |ledger| {
        ledger.charge(anlas::tool_price(
            size.0 * size.1,
            removes_background,
            ledger.is_opus(),
        ))
    })?;
    let count = if removes_background { 3 } else { 1 };
    let pictures = work::run(held, fake.pace(settings.tool_duration), move || {
        (0..count)
            .map(|seed| png::write(size, seed, &[], 0))
            .collect::<Result<Vec<Bytes>, _>>()
    });
    let pictures = pictures.await?.map_err(|_| errors::internal())?;
    delivery::deliver(shape, &pictures, Format::Png, 0)
}

fn checked(request: &Augment) -> Result<(u32, u32), Refused> {
    if !TOOLS.contains(&request.req_type.as_str()) {
        return Err(errors::validation(&format!("req_type {} doesn't exist", request.req_type)).into());
    }
    match request.width.checked_mul(request.height) {
        Some(1..=anlas::MAX_PIXELS) => Ok((request.width, request.height)),
        Some(_) | None => Err(errors::validation("width * height must be between 1 and 3145728").into()),
    }
}
