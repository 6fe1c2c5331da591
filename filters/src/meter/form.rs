//! What an answer is made of, by its content type and by what was asked for.

use super::events::Events;
use super::frames::Frames;
use super::scan::Scan;
use super::zip::Zip;
use super::{Figure, Figures};
use crate::usage::Endpoint;

/// A reader of one answer.
#[derive(Debug)]
pub(super) enum Form {
    Json(Scan),
    Events(Box<Events>),
    /// NovelAI's pictures in one file.
    Zip(Zip),
    /// NovelAI's pictures as they come.
    Frames(Frames),
    /// One picture, as it is.
    Picture,
    /// Nothing that is read here.
    Other,
}

impl Form {
    pub(super) fn of(endpoint: Endpoint, content_type: Option<&[u8]>) -> Self {
        let media = content_type.unwrap_or_default();
        let media = media.split(|byte| *byte == b';').next().unwrap_or_default();
        let media = media.trim_ascii();
        let is = |known: &[u8]| media.eq_ignore_ascii_case(known);
        if is(b"text/event-stream") {
            Self::Events(Box::new(Events::new(endpoint)))
        } else if is(b"application/json") {
            Self::Json(Scan::new(pictures(endpoint)))
        } else if !draws(endpoint) {
            Self::Other
        } else if is(b"application/msgpack") || is(b"application/x-msgpack") {
            Self::Frames(Frames::default())
        } else if media
            .get(..6)
            .is_some_and(|kind| kind.eq_ignore_ascii_case(b"image/"))
        {
            Self::Picture
        } else {
            // NovelAI calls its archives by four names.
            Self::Zip(Zip::default())
        }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        match self {
            Self::Json(scan) => scan.feed(piece),
            Self::Events(events) => events.feed(piece),
            Self::Zip(zip) => zip.feed(piece),
            Self::Frames(frames) => frames.feed(piece),
            Self::Picture | Self::Other => {}
        }
    }

    /// What was found, and how many events may have been a token each.
    pub(super) fn finish(self) -> (Figures, u64) {
        let pictures = |images| Figures {
            images,
            ..Figures::default()
        };
        match self {
            Self::Json(scan) => (scan.finish(), 0),
            Self::Events(events) => events.finish(),
            Self::Zip(zip) => (pictures(zip.finish()), 0),
            Self::Frames(frames) => (pictures(frames.finish()), 0),
            Self::Picture => (pictures(Figure::Reported(1)), 0),
            Self::Other => Default::default(),
        }
    }
}

/// Whether pictures are what is asked for, in NovelAI's forms.
fn draws(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::GenerateImage | Endpoint::ImageTools)
}

/// The list in a JSON answer whose objects are pictures.
fn pictures(endpoint: Endpoint) -> Option<&'static [u8]> {
    match endpoint {
        Endpoint::Images => Some(b"data"),
        Endpoint::GenerateImage | Endpoint::ImageTools => Some(b"images"),
        Endpoint::Chat
        | Endpoint::Completions
        | Endpoint::Responses
        | Endpoint::Embeddings
        | Endpoint::Audio
        | Endpoint::Moderations
        | Endpoint::Models
        | Endpoint::Files
        | Endpoint::GenerateText
        | Endpoint::GenerateVoice
        | Endpoint::Account
        | Endpoint::Other => None,
    }
}
