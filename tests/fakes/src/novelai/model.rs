//! The image models that exist, and what each can do.
//!
//! Invariant: a name that is not listed here does not exist; retired ones are not listed.

use super::anlas::Rate;

/// Generations of models, in the order they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    V3,
    V4,
    V45,
    V5,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) family: Family,
}

const MODELS: &[Model] = &[
    Model {
        name: "nai-diffusion-3",
        family: Family::V3,
    },
    Model {
        name: "nai-diffusion-3-inpainting",
        family: Family::V3,
    },
    Model {
        name: "nai-diffusion-furry-3",
        family: Family::V3,
    },
    Model {
        name: "nai-diffusion-furry-3-inpainting",
        family: Family::V3,
    },
    Model {
        name: "nai-diffusion-4-full",
        family: Family::V4,
    },
    Model {
        name: "nai-diffusion-4-full-inpainting",
        family: Family::V4,
    },
    Model {
        name: "nai-diffusion-4-curated-preview",
        family: Family::V4,
    },
    Model {
        name: "nai-diffusion-4-curated-inpainting",
        family: Family::V4,
    },
    Model {
        name: "nai-diffusion-4-5-full",
        family: Family::V45,
    },
    Model {
        name: "nai-diffusion-4-5-full-inpainting",
        family: Family::V45,
    },
    Model {
        name: "nai-diffusion-4-5-curated",
        family: Family::V45,
    },
    Model {
        name: "nai-diffusion-4-5-curated-inpainting",
        family: Family::V45,
    },
    Model {
        name: CURATED_V5,
        family: Family::V5,
    },
    Model {
        name: "nai-diffusion-5-full",
        family: Family::V5,
    },
    Model {
        name: "nai-diffusion-5-full-inpainting",
        family: Family::V5,
    },
    Model {
        name: "nai-diffusion-5-full-medium",
        family: Family::V5,
    },
    Model {
        name: "nai-diffusion-5-full-medium-inpainting",
        family: Family::V5,
    },
];

const CURATED_V5: &str = "nai-diffusion-5-curated";

impl Model {
    pub(crate) fn find(name: &str) -> Option<Model> {
        MODELS.iter().find(|model| model.name == name).copied()
    }

    pub(crate) fn inpaints(self) -> bool {
        self.name.ends_with("-inpainting")
    }

    /// Asked to inpaint, this one refuses and sends the work along with the refusal.
    pub(crate) fn refuses_infill_with_the_work(self) -> bool {
        self.name == CURATED_V5
    }

    /// Upscaling takes only these two.
    pub(crate) fn upscales(self) -> bool {
        self.name == CURATED_V5 || self.name == "nai-diffusion-5-full"
    }

    /// Vibes are encoded for these.
    pub(crate) fn encodes_vibes(self) -> bool {
        match self.family {
            Family::V4 | Family::V45 => true,
            Family::V3 | Family::V5 => false,
        }
    }

    /// Whether a prompt comes in `v4_prompt`.
    pub(crate) fn needs_v4_prompt(self) -> bool {
        self.family >= Family::V4
    }

    pub(crate) fn rate(self) -> Rate {
        match self.family {
            Family::V3 | Family::V4 | Family::V45 => Rate::Base,
            Family::V5 if self.name.contains("-medium") => Rate::V5Medium,
            Family::V5 => Rate::V5,
        }
    }

    /// What a picture's metadata says of its origin.
    pub(crate) fn source(self) -> &'static str {
        match self.family {
            Family::V3 => "Stable Diffusion XL 7BCCAA2C",
            Family::V4 => "NovelAI Diffusion V4 37442FCA",
            Family::V45 => "NovelAI Diffusion V4.5 4BDE2A90",
            Family::V5 => "NovelAI Diffusion V5 0ADF9AB7",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_served_today_exists() {
        assert!(Model::find("nai-diffusion-5-full-inpainting").is_some_and(Model::inpaints));
        assert!(Model::find("nai-diffusion-5-curated-inpainting").is_none());
        assert!(Model::find("safe-diffusion").is_none());
    }

    #[test]
    fn the_medium_model_has_its_own_rate() {
        let rate = |name| Model::find(name).map(Model::rate);
        assert_eq!(rate("nai-diffusion-5-full-medium"), Some(Rate::V5Medium));
        assert_eq!(rate("nai-diffusion-5-curated"), Some(Rate::V5));
        assert_eq!(rate("nai-diffusion-4-5-full"), Some(Rate::Base));
    }
}
