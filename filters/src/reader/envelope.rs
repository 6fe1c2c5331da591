//! A request to NovelAI in either of its encodings: plain JSON with images inside, or a form whose part
//! `request` is that JSON and whose other parts are the images.

use super::media_type::MediaType;
use super::multipart::{self, Part};
use super::{Unreadable, refuse_encoding};

/// The request, and the parts beside it.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    request: &'a [u8],
    /// `None` for plain JSON.
    parts: Option<Vec<Part<'a>>>,
}

/// What a field of the request says of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Image<'a> {
    /// It is in the field.
    Base64(&'a str),
    /// It is in a part of the form.
    Bytes(&'a [u8]),
    /// The field names a part that is not there.
    Missing,
}

impl<'a> Envelope<'a> {
    /// Opens it.
    ///
    /// # Errors
    /// When the encoding is doubtful. The JSON itself is not looked at yet.
    pub(crate) fn open(
        content_type: Option<&'a str>,
        content_encoding: Option<&str>,
        body: &'a [u8],
    ) -> Result<Self, Unreadable> {
        refuse_encoding(content_encoding)?;
        match MediaType::parse(content_type.ok_or(Unreadable::ContentType)?)? {
            MediaType::Json => Ok(Self {
                request: body,
                parts: None,
            }),
            MediaType::Form { boundary } => Self::of_form(multipart::parts(boundary, body)?),
        }
    }

    fn of_form(parts: Vec<Part<'a>>) -> Result<Self, Unreadable> {
        let mut requests = parts
            .iter()
            .filter(|part| part.name.eq_ignore_ascii_case("request"));
        let (Some(request), None) = (requests.next().copied(), requests.next()) else {
            return Err(Unreadable::RequestPart);
        };
        if request.name != "request" {
            return Err(Unreadable::RequestPart);
        }
        match request.content_type.map(MediaType::parse).transpose()? {
            Some(MediaType::Json) | None => Ok(Self {
                request: request.content,
                parts: Some(parts),
            }),
            Some(MediaType::Form { .. }) => Err(Unreadable::ContentType),
        }
    }

    /// The JSON.
    pub(crate) fn request(&self) -> &'a [u8] {
        self.request
    }

    /// The image that a field of the JSON stands for.
    ///
    /// # Errors
    /// [`Unreadable::Twice`] when the form has two parts of that name.
    pub(crate) fn image<'s>(&'s self, field: &'s str) -> Result<Image<'s>, Unreadable> {
        let Some(parts) = &self.parts else {
            return Ok(Image::Base64(field));
        };
        let mut named = parts.iter().filter(|part| part.name == field);
        match (named.next(), named.next()) {
            (Some(part), None) => Ok(Image::Bytes(part.content)),
            (None, _) => Ok(Image::Missing),
            (Some(_), Some(_)) => Err(Unreadable::Twice),
        }
    }
}
