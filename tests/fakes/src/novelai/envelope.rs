//! The two forms of a request with images: JSON with base64 in it, or a form whose `request` part is that JSON.
//!
//! Invariant: in a form every image is the name of a part; in plain JSON every image is base64 without a prefix.

use std::{collections::HashMap, convert::Infallible};

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::stream;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    call::{self, undecodable},
    errors::{self, Refused},
};

pub(crate) struct Envelope {
    request: Value,
    /// The other parts of a form, by name.
    parts: Option<HashMap<String, Bytes>>,
}

impl Envelope {
    pub(crate) async fn read(headers: &HeaderMap, body: Bytes) -> Result<Envelope, Refused> {
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if content_type.starts_with("multipart/form-data") {
            return form(content_type, body).await;
        }
        Ok(Envelope {
            request: call::json(&body)?,
            parts: None,
        })
    }

    /// The request itself; unknown fields are ignored.
    pub(crate) fn request<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        T::deserialize(&self.request).map_err(undecodable)
    }

    /// The bytes behind an image field.
    pub(crate) fn image(&self, field: &str) -> Result<Bytes, Refused> {
        match &self.parts {
            Some(parts) => Ok(parts
                .get(field)
                .cloned()
                .ok_or_else(|| errors::unknown_form_part(field))?),
            None => STANDARD
                .decode(field)
                .map(Bytes::from)
                .map_err(|_| undecodable("illegal base64 data")),
        }
    }
}

async fn form(content_type: &str, body: Bytes) -> Result<Envelope, Refused> {
    let boundary = multer::parse_boundary(content_type).map_err(undecodable)?;
    let body = stream::once(async { Ok::<_, Infallible>(body) });
    let mut form = multer::Multipart::new(body, boundary);
    let mut parts = HashMap::new();
    while let Some(part) = form.next_field().await.map_err(undecodable)? {
        let name = part.name().unwrap_or_default().to_owned();
        parts.insert(name, part.bytes().await.map_err(undecodable)?);
    }
    let request = parts
        .remove("request")
        .ok_or_else(|| errors::decoding("missing form part \"request\""))?;
    Ok(Envelope {
        request: call::json(&request)?,
        parts: Some(parts),
    })
}
