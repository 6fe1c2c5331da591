//! The pictures that the fake "generates": real files with the metadata that NovelAI writes.
//!
//! Invariant: the same order, sample and seed give the same picture.

use std::io;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::{
    image_request::{Action, Order},
    png,
};

/// A small JPEG, as a preview between the steps.
pub(crate) const PREVIEW: &[u8] = include_bytes!("preview.jpg");
/// A small lossless WebP. All WebP answers are this one.
const WEBP: &[u8] = include_bytes!("image.webp");

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    #[default]
    Png,
    Webp,
}

impl Format {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Webp => "webp",
        }
    }
}

/// The samples of an order; each has a seed of its own, counted up from the order's.
pub(crate) fn samples(order: &Order, filler: usize) -> io::Result<Vec<Bytes>> {
    (0..u64::from(order.samples))
        .map(|sample| match order.format {
            Format::Png => one(order, order.seed.wrapping_add(sample), filler),
            Format::Webp => Ok(Bytes::from_static(WEBP)),
        })
        .collect()
}

fn one(order: &Order, seed: u64, filler: usize) -> io::Result<Bytes> {
    let request_type = match order.action {
        Action::Generate => "PromptGenerateRequest",
        Action::Img2Img => "Img2ImgRequest",
        Action::Infill => "NativeInfillingRequest",
    };
    let comment = json!({
        "prompt": order.prompt,
        "steps": order.job.steps,
        "width": order.width,
        "height": order.height,
        "seed": seed,
        "request_type": request_type,
        "signed_hash": "not signed: a fake",
    });
    let texts = [
        ("Title", "AI generated image".to_owned()),
        ("Description", order.prompt.clone()),
        ("Software", "NovelAI".to_owned()),
        ("Source", order.model.source().to_owned()),
        ("Generation_time", "1.0".to_owned()),
        ("Comment", comment.to_string()),
    ];
    png::write((order.width, order.height), seed, &texts, filler)
}
