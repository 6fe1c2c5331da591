//! How finished pictures reach the client: a ZIP, or JSON for those that ask for it.
//!
//! Invariant: the ZIP's entries are `image_0`, `image_1` and so on, in the order of the samples.

use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    errors::{self, Refused},
    picture::Format,
    zip,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Zip,
    /// As the api host still declares its archives.
    OldZip,
    Json,
}

impl Shape {
    /// What `Accept` asks for.
    pub(crate) fn wanted(headers: &HeaderMap) -> Shape {
        let accept = headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok());
        if accept.is_some_and(|accept| accept.contains("application/json")) {
            Shape::Json
        } else {
            Shape::Zip
        }
    }
}

/// `seed` is the first picture's; each further one has the next.
pub(crate) fn deliver(
    shape: Shape,
    pictures: &[Bytes],
    format: Format,
    seed: u64,
) -> Result<Response, Refused> {
    let content_type = match shape {
        Shape::Json => return Ok(Json(listed(pictures, seed)).into_response()),
        Shape::Zip => "binary/octet-stream",
        Shape::OldZip => "application/x-zip-compressed",
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_DISPOSITION, "attachment; filename=images.zip"),
    ];
    Ok((headers, zipped(pictures, format)?).into_response())
}

pub(crate) fn zipped(pictures: &[Bytes], format: Format) -> Result<Bytes, Refused> {
    let extension = format.extension();
    let files: Vec<_> = (0_usize..)
        .zip(pictures)
        .map(|(index, picture)| (format!("image_{index}.{extension}"), picture.clone()))
        .collect();
    Ok(zip::write(&files).map_err(|_| errors::internal())?)
}

fn listed(pictures: &[Bytes], seed: u64) -> Value {
    let images: Vec<Value> = (0_u64..)
        .zip(pictures)
        .map(|(index, picture)| {
            json!({ "image": STANDARD.encode(picture), "index": index, "seed": seed.wrapping_add(index) })
        })
        .collect();
    json!({ "images": images })
}
