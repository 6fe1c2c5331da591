//! `POST /ai/upscale`: twice as wide and twice as high, always.
//!
//! Invariant: the price follows the picture that goes in, and nobody has it free.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    NovelAi,
    admission::{self, Service},
    anlas,
    call::{Call, undecodable},
    delivery::{self, Shape},
    envelope::Envelope,
    errors::{self, Refused},
    model::Model,
    picture::Format,
    png, work,
};

/// The older form has `width`, `height` and `scale` instead of a model, and so asks for the model "".
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Upscale {
    image: String,
    model: String,
}

pub(crate) async fn upscale(State(fake): State<NovelAi>, call: Call) -> Result<Response, Refused> {
    let shape = Shape::wanted(&call.headers);
    let envelope = Envelope::read(&call.headers, call.body).await?;
    let request: Upscale = envelope.request()?;
    let model = Model::find(&request.model).ok_or_else(|| errors::model_missing(&request.model))?;
    if !model.upscales() {
        return Err(errors::no_upscaling(model.name).into());
    }
    let image = envelope.image(&request.image)?;
    let (width, height) = png::size(&image).ok_or_else(|| undecodable("image: unknown format"))?;
    let pixels = width.saturating_mul(height);
    let price = anlas::upscale_price(pixels).ok_or_else(|| errors::too_large_to_upscale(pixels))?;
    let settings = fake.settings();
    let held = admission::admit(&settings, &call.holder, Service::Tool, |ledger| {
        ledger.charge(price)
    })?;
    let twice = (width.saturating_mul(2), height.saturating_mul(2));
    let picture = work::run(held, fake.pace(settings.tool_duration), move || {
        png::write(twice, 0, &[], 0)
    });
    let picture = picture.await?.map_err(|_| errors::internal())?;
    delivery::deliver(shape, &[picture], Format::Png, 0)
}
