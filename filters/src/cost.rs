//! What will a generation cost, in Anlas? Read from the request alone, before any pool key is chosen.
//!
//! The figures are those that NovelAI's own clients show to their users; `docs/cost.md` lists them and says
//! what is assumed where the service says nothing.
//!
//! Invariant: where a request can be understood in two ways, it is refused or has the higher of the two
//! prices. What may cost something is never [`Price::FREE`].

mod endpoint;
mod formula;
mod generation;
mod model;
mod picture;
mod tool;

use crate::model::Kind;
use crate::reader::{Envelope, ModelName, Unreadable, read_model};

use endpoint::Endpoint;

/// What a generation will cost. A price too high to count is `u32::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Price {
    /// Anlas on an account for which nothing is free.
    pub full: u32,
    /// Anlas on an active Opus account that has its free sample for this model.
    pub on_opus: u32,
    /// Whether it is an image of V5, whose free sample needs a battery that is not negative.
    pub v5: bool,
}

impl Price {
    /// Free for everybody: texts, tags, voices.
    pub const FREE: Self = Self::same(0);

    /// The same for every account.
    const fn same(anlas: u32) -> Self {
        Self {
            full: anlas,
            on_opus: anlas,
            v5: false,
        }
    }

    /// Whether an account that has its free sample pays nothing.
    #[must_use]
    pub fn is_free_on_opus(&self) -> bool {
        self.on_opus == 0
    }

    /// Anlas for an account. `free_sample`: it is an active Opus, and for [`Price::v5`] its battery is not
    /// negative.
    #[must_use]
    pub fn on(&self, free_sample: bool) -> u32 {
        if free_sample { self.on_opus } else { self.full }
    }
}

/// What a request asks for, as far as the choice of a pool key depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The model that the body names.
    pub model: Option<ModelName>,
    /// What it will cost.
    pub price: Price,
    /// How many pictures that is, should the answer not say.
    pub pictures: u32,
}

/// Whether a request to this path may cost Anlas, so that its body must be read first. Paths as for
/// [`read_cost`]; of one that is not known nobody can say that it is free.
#[must_use]
pub fn is_priced(path: &str) -> bool {
    Endpoint::of(path) != Some(Endpoint::Free)
}

/// Reads model and price of a request to NovelAI.
///
/// `path` is decoded, such as `/ai/generate-image` or, in its short form, `/generate-image`;
/// `content_type` and `content_encoding` are the request's headers; a request that has one of them twice
/// must not come here. On a path that is free a doubtful body is no error: it names no model then.
///
/// # Errors
/// See [`Unreadable`]: the request must then be refused.
pub fn read_cost(
    path: &str,
    content_type: Option<&str>,
    content_encoding: Option<&str>,
    body: &[u8],
) -> Result<Asked, Unreadable> {
    let endpoint = Endpoint::of(path).ok_or(Unreadable::Path)?;
    if endpoint == Endpoint::Free {
        let model = read_model(content_type, content_encoding, body, Kind::Novelai);
        return Ok(Asked {
            model: model.ok().flatten(),
            price: Price::FREE,
            pictures: 0,
        });
    }
    let envelope = Envelope::open(content_type, content_encoding, body)?;
    match endpoint {
        Endpoint::Generation => generation::asked(&envelope),
        Endpoint::Director => tool::director(&envelope),
        Endpoint::Upscale => tool::upscale(&envelope),
        Endpoint::EncodeVibe => tool::encode_vibe(&envelope),
        Endpoint::Annotate => tool::annotate(&envelope),
        Endpoint::Free => Err(Unreadable::Path),
    }
}

#[cfg(test)]
mod tests;
