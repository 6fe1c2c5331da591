//! The image models that have a price, by what sets it.

use super::formula::Rate;

/// A family of models with one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V3,
    /// V4 and V4.5.
    V4,
    V5,
    /// V5 medium.
    V5Medium,
    /// A name that is not known: one that is newer than this list, or wrong.
    Unknown,
}

const MODELS: [(&str, Family); 18] = [
    ("nai-diffusion-3", Family::V3),
    ("nai-diffusion-3-inpainting", Family::V3),
    ("nai-diffusion-furry-3", Family::V3),
    ("nai-diffusion-furry-3-inpainting", Family::V3),
    ("nai-diffusion-4-full", Family::V4),
    ("nai-diffusion-4-full-inpainting", Family::V4),
    ("nai-diffusion-4-curated-preview", Family::V4),
    ("nai-diffusion-4-curated-inpainting", Family::V4),
    ("nai-diffusion-4-5-full", Family::V4),
    ("nai-diffusion-4-5-full-inpainting", Family::V4),
    ("nai-diffusion-4-5-curated", Family::V4),
    ("nai-diffusion-4-5-curated-inpainting", Family::V4),
    ("nai-diffusion-5-full", Family::V5),
    ("nai-diffusion-5-full-inpainting", Family::V5),
    ("nai-diffusion-5-curated", Family::V5),
    ("nai-diffusion-5-curated-inpainting", Family::V5),
    ("nai-diffusion-5-full-medium", Family::V5Medium),
    ("nai-diffusion-5-full-medium-inpainting", Family::V5Medium),
];

/// The steps that V5 medium always takes, as one client has it.
const MEDIUM_STEPS: u32 = 14;

impl Family {
    pub(super) fn of(model: Option<&str>) -> Self {
        let found = MODELS.iter().find(|(name, _)| Some(*name) == model);
        found.map_or(Self::Unknown, |(_, family)| *family)
    }

    /// The highest rate for a model that is not known.
    pub(super) fn rate(self) -> Rate {
        match self {
            Self::V3 | Self::V4 => Rate::Base,
            Self::V5 | Self::Unknown => Rate::V5,
            Self::V5Medium => Rate::V5Medium,
        }
    }

    /// Whether its free sample takes from the battery.
    pub(super) fn is_v5(self) -> bool {
        match self {
            Self::V3 | Self::V4 => false,
            Self::V5 | Self::V5Medium | Self::Unknown => true,
        }
    }

    /// Whether Opus has a sample of it free. Of a model that is not known nobody can say so.
    pub(super) fn has_free_sample(self) -> bool {
        match self {
            Self::V3 | Self::V4 | Self::V5 | Self::V5Medium => true,
            Self::Unknown => false,
        }
    }

    /// Whether a plain picture has to be encoded before it is a vibe. V3 takes it as it is.
    pub(super) fn encodes_vibes(self) -> bool {
        match self {
            Self::V3 => false,
            Self::V4 | Self::V5 | Self::V5Medium | Self::Unknown => true,
        }
    }

    /// The steps that are taken, where so many are asked for.
    pub(super) fn steps(self, asked: u32) -> u32 {
        match self {
            Self::V3 | Self::V4 | Self::V5 | Self::Unknown => asked,
            Self::V5Medium => asked.max(MEDIUM_STEPS),
        }
    }
}
