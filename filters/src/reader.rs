//! What does a body say? Fails closed: what two readers could read differently is unreadable.
//!
//! The relay's reader decides whether a client key may have the model and what the request will cost
//! ([`crate::cost`]), and the upstream's reader what is served. Each way in which the two could disagree is refused: a key that comes twice or in
//! another case (Go's JSON ignores case), an encoding or content type that hides the body, a multipart
//! body that is not exactly as the clients make it.
//!
//! Invariant: bodies are only looked at; they go on byte for byte.

mod disposition;
mod envelope;
mod json;
mod media_type;
mod multipart;
mod value;

use std::fmt;

use serde::de::MapAccess;

pub(crate) use media_type::MediaType;
pub(crate) use multipart::{Part, parts};

pub(crate) use envelope::{Envelope, Image};
pub(crate) use json::{Fields, Object, is_variant_of, object};
pub(crate) use value::{List, Long, Text};

use crate::model::Kind;

/// The longest part of a model's name that may stand in logs, metrics and events, in bytes.
const LOGGED: usize = 64;

/// A model, as the body names it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ModelName(Box<str>);

impl ModelName {
    /// The whole name: for allow-lists.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 64 bytes, cut between characters: for logs, metrics and events.
    #[must_use]
    pub fn for_log(&self) -> &str {
        let end = self.0.floor_char_boundary(LOGGED);
        self.0.get(..end).unwrap_or_default()
    }
}

impl fmt::Debug for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModelName({:?})", self.for_log())
    }
}

impl From<Text<'_>> for ModelName {
    fn from(text: Text<'_>) -> Self {
        Self(text.0.into())
    }
}

/// Why a body cannot be read without doubt. The client is told `cost_unreadable`; this is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unreadable {
    /// The body is compressed, or says so.
    #[error("has a content encoding")]
    ContentEncoding,
    /// Neither JSON nor a form with parts; or the header itself is odd.
    #[error("has a content type that cannot be read")]
    ContentType,
    /// Not JSON in UTF-8, or something stands behind it.
    #[error("is not JSON")]
    Json,
    /// JSON, but a list, text or number.
    #[error("is not a JSON object")]
    NotObject,
    /// A key that is read comes twice, or a part of a form that is read.
    #[error("has a key or a part twice")]
    Twice,
    /// `Model`, `MODEL` and the like, which some servers take for `model`.
    #[error("has a key in another case")]
    CaseVariant,
    /// `model` is no text.
    #[error("names a model that is not text")]
    NotText,
    /// A value on which the price depends has another type than it should, or is out of its range.
    #[error("has a value that cannot be right")]
    Value,
    /// Nobody has said what a request to this path costs.
    #[error("goes to a path without a price")]
    Path,
    /// The form's parts cannot be told apart without doubt.
    #[error("is not a form as clients make it")]
    Form,
    /// A form to NovelAI without exactly one part `request`.
    #[error("has not exactly one request part")]
    RequestPart,
}

/// Reads the model that a body asks for; nothing where it names none.
///
/// `content_type` and `content_encoding` are the request's headers; a request that has one of them twice
/// must not come here.
///
/// # Errors
/// See [`Unreadable`]: the request must then be refused.
pub fn read_model(
    content_type: Option<&str>,
    content_encoding: Option<&str>,
    body: &[u8],
    kind: Kind,
) -> Result<Option<ModelName>, Unreadable> {
    if kind == Kind::Novelai {
        let envelope = Envelope::open(content_type, content_encoding, body)?;
        return model_in(envelope.request());
    }
    refuse_encoding(content_encoding)?;
    match MediaType::parse(content_type.ok_or(Unreadable::ContentType)?)? {
        MediaType::Json => model_in(body),
        MediaType::Form { boundary } => in_model_field(&parts(boundary, body)?),
    }
}

/// Whether the content type is that of a form with parts.
///
/// # Errors
/// When there is none, or it is neither that nor JSON.
pub(crate) fn is_form(content_type: Option<&str>) -> Result<bool, Unreadable> {
    Ok(
        match MediaType::parse(content_type.ok_or(Unreadable::ContentType)?)? {
            MediaType::Json => false,
            MediaType::Form { boundary: _ } => true,
        },
    )
}

/// The fields of a form in order, each with what is in it.
///
/// # Errors
/// When it is no form beyond doubt, or has a model that is in doubt.
pub fn fields_of_form<'a>(
    content_type: Option<&'a str>,
    content_encoding: Option<&str>,
    body: &'a [u8],
) -> Result<Vec<(&'a str, &'a [u8])>, Unreadable> {
    refuse_encoding(content_encoding)?;
    match MediaType::parse(content_type.ok_or(Unreadable::ContentType)?)? {
        MediaType::Json => Err(Unreadable::ContentType),
        MediaType::Form { boundary } => {
            let parts = parts(boundary, body)?;
            in_model_field(&parts)?;
            Ok(parts.into_iter().map(|part| (part.name, part.content)).collect())
        }
    }
}

/// Refuses what is packed, or says that it is.
pub(crate) fn refuse_encoding(content_encoding: Option<&str>) -> Result<(), Unreadable> {
    match content_encoding {
        Some(encoding) if !encoding.trim().eq_ignore_ascii_case("identity") => {
            Err(Unreadable::ContentEncoding)
        }
        Some(_) | None => Ok(()),
    }
}

/// The model that a JSON object names at its top level.
fn model_in(json: &[u8]) -> Result<Option<ModelName>, Unreadable> {
    let Named(model) = object(json)?;
    Ok(model.map(ModelName::from))
}

/// Of a JSON object, `model` alone.
#[derive(Default)]
struct Named<'a>(Option<Text<'a>>);

#[derive(Clone, Copy)]
struct ModelKey;

impl<'de> Fields<'de> for Named<'de> {
    type Key = ModelKey;
    const KEYS: &'static [(&'static str, ModelKey)] = &[("model", ModelKey)];
    const MISFIT: Unreadable = Unreadable::NotText;

    fn take<A: MapAccess<'de>>(&mut self, ModelKey: ModelKey, values: &mut A) -> Result<(), A::Error> {
        self.0 = Some(values.next_value()?);
        Ok(())
    }
}

/// OpenAI's forms carry each field in a part, and `model` is one of them.
fn in_model_field(parts: &[Part<'_>]) -> Result<Option<ModelName>, Unreadable> {
    let mut models = parts.iter().filter(|part| is_like_model(part.name));
    let Some(model) = models.next() else {
        return Ok(None);
    };
    if models.next().is_some() {
        return Err(Unreadable::Twice);
    }
    if model.name != "model" {
        return Err(Unreadable::CaseVariant);
    }
    if model.is_file {
        return Err(Unreadable::NotText);
    }
    let text = std::str::from_utf8(model.content).map_err(|_| Unreadable::NotText)?;
    Ok(Some(ModelName(text.into())))
}

/// In any case, and with the brackets that some servers take for a list.
fn is_like_model(name: &str) -> bool {
    let stem = name.split_once('[').map_or(name, |(stem, _)| stem);
    stem.trim().eq_ignore_ascii_case("model")
}

#[cfg(test)]
mod tests;
