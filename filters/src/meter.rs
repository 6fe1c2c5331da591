//! What an answer says that its request has used: tokens, money and the model, read from copies of the pieces
//! as they pass.
//!
//! A [`Meter`] is fed after each piece has gone out and never holds one back. It keeps a few hundred bytes, and no
//! more than a bound of the one object that it looks for. Invariant: no body can make it panic; what it cannot
//! read it says nothing about.

mod asked;
mod coding;
mod events;
mod form;
mod frames;
mod scan;
mod skip;
mod usage;
mod zip;

use serde::{Deserialize, Serialize};

use crate::usage::Endpoint;
pub use asked::asked_model;
use coding::{Coding, Packed};
use form::Form;

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
    /// Of those, tokens that the upstream had in its cache.
    pub cached: Figure,
    /// Tokens of what was answered.
    pub completion: Figure,
    /// Pictures.
    pub images: Figure,
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

/// An answer, before its body.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// What was asked for.
    pub endpoint: Endpoint,
    /// Its `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// Its `Content-Encoding`.
    pub content_encoding: Option<&'a [u8]>,
    /// Bytes of the request's body.
    pub asked: u64,
}

/// Reads one answer.
#[derive(Debug)]
pub struct Meter {
    form: Form,
    /// Reads the form where the answer is packed; there is no form beside it.
    packed: Option<Box<Packed>>,
    bytes: u64,
    endpoint: Endpoint,
    asked: u64,
}

impl Meter {
    /// A meter for an answer with that head.
    #[must_use]
    pub fn new(head: &Head<'_>) -> Self {
        let form = Form::of(head.endpoint, head.content_type);
        let (form, packed) = match Coding::of(head.content_encoding) {
            Coding::Plain => (form, None),
            coding => (Form::Other, Some(Box::new(Packed::new(coding, form)))),
        };
        Self {
            form,
            packed,
            bytes: 0,
            endpoint: head.endpoint,
            asked: head.asked,
        }
    }

    /// Looks at a piece of the body that has gone out.
    pub fn observe(&mut self, piece: &[u8]) {
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        match &mut self.packed {
            None => self.form.feed(piece),
            Some(packed) => packed.feed(piece),
        }
    }

    /// What the request has used, as far as the body has come.
    #[must_use]
    pub fn finish(self) -> Figures {
        let form = match self.packed {
            None => self.form,
            Some(packed) => packed.finish(),
        };
        let (mut figures, events) = form.finish();
        figures.bytes = self.bytes;
        if events > 0 && figures.tokens() == Figure::None && writes(self.endpoint) {
            // A token is about an event, where the stream does not say.
            figures.prompt = Figure::Estimated(self.asked / BYTES_PER_TOKEN);
            figures.completion = Figure::Estimated(events);
        }
        figures
    }
}

/// Whether text is what is asked for.
fn writes(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::Chat | Endpoint::Completions | Endpoint::Responses | Endpoint::GenerateText
    )
}

#[cfg(test)]
mod tests;
