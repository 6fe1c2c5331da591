//! `POST /ai/annotate-image`, which only the api host still has: a mask out of a picture.
//!
//! Invariant: it speaks as that host does, down to the archive's old content type.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    NovelAi,
    admission::{self, Service},
    call::{Call, undecodable},
    delivery::{self, Shape},
    envelope::Envelope,
    errors::{self, Refused},
    picture::Format,
    png, work,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Annotate {
    model: String,
    parameters: Parameters,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    image: String,
}

const MODELS: [&str; 5] = ["hed", "midas", "fake_scribble", "mlsd", "uniformer"];

pub(crate) async fn annotate(State(fake): State<NovelAi>, call: Call) -> Result<Response, Refused> {
    let envelope = Envelope::read(&call.headers, call.body).await?;
    let request: Annotate = envelope.request()?;
    if !MODELS.contains(&request.model.as_str()) {
        return Err(errors::model_missing(&request.model).into());
    }
    let image = envelope.image(&request.parameters.image)?;
    let size = png::size(&image).ok_or_else(|| undecodable("image: unknown format"))?;
    let settings = fake.settings();
    let held = admission::admit(&settings, &call.holder, Service::Tool, |_| Ok(()))?;
    let mask = work::run(held, fake.pace(settings.tool_duration), move || {
        png::write(size, 0, &[], 0)
    });
    let mask = mask.await?.map_err(|_| errors::internal())?;
    delivery::deliver(Shape::OldZip, &[mask], Format::Png, 0)
}
