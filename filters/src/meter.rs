//! What an answer says that its request has used: tokens, money and the model, read from copies of the pieces
//! as they pass.
//!
//! A [`Meter`] is fed after each piece has gone out and never holds one back. It keeps a few hundred bytes, and no
//! more than a bound of the one object that it looks for. Invariant: no body can make it panic; what it cannot
//! read it says nothing about.

mod events;
mod scan;
mod usage;

use serde::{Deserialize, Serialize};

use events::Events;
use scan::Scan;

/// Bytes of a prompt for each of its tokens, about, where nobody counted them.
const BYTES_PER_TOKEN: u64 = 4;

/// A number, and where it is from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Nobody knows.
    #[default]
    None,
    /// The relay's own guess.
    Estimated(u64),
    /// The upstream's word.
    Reported(u64),
}

impl Figure {
    /// The number, wherever it is from.
    #[must_use]
    pub fn amount(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Estimated(amount) | Self::Reported(amount) => Some(amount),
        }
    }

    /// The word for where it is from.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Estimated(_) => "estimated",
            Self::Reported(_) => "reported",
        }
    }

    /// Both together. Only the sum of what was reported is reported; what is not known adds nothing.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, one) | (one, Self::None) => one,
            (Self::Reported(one), Self::Reported(other)) => Self::Reported(one.saturating_add(other)),
            (Self::Reported(one) | Self::Estimated(one), Self::Reported(other) | Self::Estimated(other)) => {
                Self::Estimated(one.saturating_add(other))
            }
        }
    }

    fn reported(number: Option<u64>) -> Self {
        number.map_or(Self::None, Self::Reported)
    }
}

/// What a request has used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The model that answered, cut at 64 bytes.
    pub model: Option<Box<str>>,
    /// Tokens of what was asked.
    pub prompt: Figure,
    /// Tokens of what was answered.
    pub completion: Figure,
    /// What it cost, in millionths of the upstream's currency.
    pub cost: Figure,
    /// Bytes of the answer's body.
    pub bytes: u64,
}

impl Figures {
    /// All tokens.
    #[must_use]
    pub fn tokens(&self) -> Figure {
        self.prompt.plus(self.completion)
    }
}

/// Reads one answer.
#[derive(Debug)]
pub struct Meter {
    form: Form,
    bytes: u64,
    /// Bytes of the request's body.
    asked: u64,
}

#[derive(Debug)]
enum Form {
    Json(Scan),
    Events(Events),
    Other,
}

impl Meter {
    /// A meter for an answer with that `Content-Type` to a request whose body had `asked` bytes.
    #[must_use]
    pub fn new(content_type: Option<&[u8]>, asked: u64) -> Self {
        let media = content_type.unwrap_or_default();
        let media = media.split(|byte| *byte == b';').next().unwrap_or_default();
        let media = media.trim_ascii();
        let form = if media.eq_ignore_ascii_case(b"text/event-stream") {
            Form::Events(Events::default())
        } else if media.eq_ignore_ascii_case(b"application/json") {
            Form::Json(Scan::default())
        } else {
            Form::Other
        };
        Self {
            form,
            bytes: 0,
            asked,
        }
    }

    /// Looks at a piece of the body that has gone out.
    pub fn observe(&mut self, piece: &[u8]) {
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        match &mut self.form {
            Form::Json(scan) => scan.feed(piece),
            Form::Events(events) => events.feed(piece),
            Form::Other => {}
        }
    }

    /// What the request has used, as far as the body has come.
    #[must_use]
    pub fn finish(self) -> Figures {
        let figures = match self.form {
            Form::Json(scan) => scan.finish(),
            Form::Events(events) => {
                let (figures, count) = events.finish();
                if figures.tokens() == Figure::None && count > 0 {
                    // A token is about an event, where the stream does not say.
                    Figures {
                        prompt: Figure::Estimated(self.asked / BYTES_PER_TOKEN),
                        completion: Figure::Estimated(count),
                        ..figures
                    }
                } else {
                    figures
                }
            }
            Form::Other => Figures::default(),
        };
        let bytes = self.bytes;
        Figures { bytes, ..figures }
    }
}

#[cfg(test)]
mod tests;
