//! A `Content-Type`, as far as the reader knows types.

use super::Unreadable;
use super::disposition::{parameters, value_of};

/// A type that the reader can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaType<'a> {
    /// `application/json`
    Json,
    /// `multipart/form-data`
    Form {
        /// What stands between the parts.
        boundary: &'a str,
    },
}

impl<'a> MediaType<'a> {
    /// Takes a header's value apart.
    ///
    /// # Errors
    /// For every other type, a charset other than UTF-8, and a boundary that is missing, odd or
    /// there twice.
    pub(crate) fn parse(value: &'a str) -> Result<Self, Unreadable> {
        let (essence, rest) = value.split_once(';').unwrap_or((value, ""));
        let (essence, parameters) = (essence.trim(), parameters(rest).ok_or(Unreadable::ContentType)?);
        if value_of(&parameters, "charset").is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
            return Err(Unreadable::ContentType);
        }
        if essence.eq_ignore_ascii_case("application/json") {
            return Ok(Self::Json);
        }
        if !essence.eq_ignore_ascii_case("multipart/form-data") {
            return Err(Unreadable::ContentType);
        }
        let boundary = value_of(&parameters, "boundary").filter(|boundary| is_boundary(boundary));
        Ok(Self::Form {
            boundary: boundary.ok_or(Unreadable::ContentType)?,
        })
    }
}

/// RFC 2046 §5.1.1, without blanks.
fn is_boundary(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&b);
    (1..=70).contains(&text.len()) && text.bytes().all(allowed)
}
