//! Which model does a body ask for? Fails closed: what two readers could read differently is unreadable.
//!
//! The relay's reader decides whether a client key may have the model, and the upstream's reader which
//! model is served. Each way in which the two could disagree is refused: a key that comes twice or in
//! another case (Go's JSON ignores case), an encoding or content type that hides the body, a multipart
//! body that is not exactly as the clients make it.
//!
//! Invariant: bodies are only looked at; they go on byte for byte.

mod disposition;
mod json;
mod media_type;
mod multipart;

use std::fmt;

use media_type::MediaType;
use multipart::Part;

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
    /// `model` comes twice.
    #[error("names the model twice")]
    Twice,
    /// `Model`, `MODEL` and the like, which some servers take for `model`.
    #[error("names the model in another case")]
    CaseVariant,
    /// `model` is no text.
    #[error("names a model that is not text")]
    NotText,
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
    if content_encoding.is_some_and(|encoding| !encoding.trim().eq_ignore_ascii_case("identity")) {
        return Err(Unreadable::ContentEncoding);
    }
    match (
        MediaType::parse(content_type.ok_or(Unreadable::ContentType)?)?,
        kind,
    ) {
        (MediaType::Json, _) => json::model(body),
        (MediaType::Form { boundary }, Kind::Novelai) => in_request_part(&multipart::parts(boundary, body)?),
        (MediaType::Form { boundary }, Kind::Openai | Kind::Http) => {
            in_model_field(&multipart::parts(boundary, body)?)
        }
    }
}

/// NovelAI's forms carry the JSON in a part of its own; the other parts are images.
fn in_request_part(parts: &[Part<'_>]) -> Result<Option<ModelName>, Unreadable> {
    let mut requests = parts
        .iter()
        .filter(|part| part.name.eq_ignore_ascii_case("request"));
    let (Some(request), None) = (requests.next(), requests.next()) else {
        return Err(Unreadable::RequestPart);
    };
    if request.name != "request" {
        return Err(Unreadable::RequestPart);
    }
    match request.content_type.map(MediaType::parse).transpose()? {
        Some(MediaType::Json) | None => json::model(request.content),
        Some(MediaType::Form { .. }) => Err(Unreadable::ContentType),
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
