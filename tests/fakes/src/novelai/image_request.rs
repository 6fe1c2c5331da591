//! The body of an image request, and the checks that turn it into an [`Order`].
//!
//! Invariant: an `Order` can be carried out; sizes and steps count only inside `parameters`, never beside it.

use rand::RngExt;
use serde::Deserialize;
use serde_json::Value;

use super::{
    anlas::{self, Job},
    errors::{self, Refused},
    event::Encoding,
    model::{Family, Model},
    picture::Format,
    references::{Cached, References},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ImageRequest {
    input: Option<String>,
    model: String,
    action: Action,
    pub(crate) parameters: Parameters,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    #[default]
    Generate,
    Img2Img,
    Infill,
}

/// Those that the fake looks at; all others are let pass.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Parameters {
    width: Option<u32>,
    height: Option<u32>,
    steps: Option<u32>,
    n_samples: Option<u32>,
    seed: Option<u64>,
    sm: Option<bool>,
    sm_dyn: Option<bool>,
    strength: Option<f64>,
    #[serde(rename = "inpaintImg2ImgStrength")]
    inpaint_strength: Option<f64>,
    v4_prompt: Option<Value>,
    v4_negative_prompt: Option<Value>,
    stream: Option<Encoding>,
    image_format: Option<Format>,
    pub(crate) image: Option<String>,
    pub(crate) image_cache_secret_key: Option<String>,
    pub(crate) mask: Option<String>,
    pub(crate) mask_cache_secret_key: Option<String>,
    pub(crate) reference_image: Option<String>,
    pub(crate) reference_image_multiple: Option<Vec<String>>,
    pub(crate) reference_image_multiple_cached: Option<Vec<Cached>>,
    pub(crate) director_reference_images: Option<Vec<String>>,
    pub(crate) director_reference_images_cached: Option<Vec<Cached>>,
}

/// What is to be made.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) model: Model,
    pub(crate) prompt: String,
    pub(crate) action: Action,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) samples: u32,
    pub(crate) seed: u64,
    pub(crate) format: Format,
    pub(crate) encoding: Encoding,
    /// Steps that are really taken: fewer where a picture is there to begin with.
    pub(crate) steps_taken: u32,
    pub(crate) job: Job,
}

impl ImageRequest {
    /// Whether it meets the model that refuses to inpaint and sends the work along.
    pub(crate) fn is_refused_with_the_work(&self) -> bool {
        self.action == Action::Infill
            && Model::find(&self.model).is_some_and(Model::refuses_infill_with_the_work)
    }

    pub(crate) fn order(self, references: &References) -> Result<Order, Refused> {
        let model = Model::find(&self.model).ok_or_else(|| errors::model_missing(&self.model))?;
        let mut order = self.unchecked(model, references);
        if order.action == Action::Infill && model.refuses_infill_with_the_work() {
            order.action = Action::Generate;
        }
        check_action(&order, references)?;
        check_size(&order)?;
        self.check_shape(&order, references)?;
        Ok(order)
    }

    fn unchecked(&self, model: Model, references: &References) -> Order {
        let given = &self.parameters;
        let (width, height) = (given.width.unwrap_or(832), given.height.unwrap_or(1216));
        let steps = given.steps.unwrap_or(23);
        let strength = match (references.mask, references.image) {
            (true, _) => given.inpaint_strength.unwrap_or(1.0),
            (false, true) => given.strength.unwrap_or(0.7),
            (false, false) => 1.0,
        }
        .clamp(0.0, 1.0);
        let job = Job {
            pixels: width.saturating_mul(height),
            steps,
            samples: given.n_samples.unwrap_or(1),
            rate: model.rate(),
            smea: given.sm.unwrap_or(false),
            smea_dyn: given.sm_dyn.unwrap_or(false),
            strength,
            character_references: references.characters,
            vibes: references.vibes,
            unencoded_vibes: 0, // those of V4 come encoded, and V3 takes pictures as they are
        };
        Order {
            model,
            prompt: self.input.clone().unwrap_or_default(),
            action: self.action,
            width,
            height,
            samples: job.samples,
            seed: given
                .seed
                .unwrap_or_else(|| u64::from(rand::rng().random::<u32>())),
            format: given.image_format.unwrap_or_default(),
            encoding: given.stream.unwrap_or_default(),
            steps_taken: steps_taken(steps, strength),
            job,
        }
    }

    /// What the service cannot stomach: a bare 500, although the fault is the body's.
    fn check_shape(&self, order: &Order, references: &References) -> Result<(), Refused> {
        let given = &self.parameters;
        let family = order.model.family;
        if family == Family::V5 && references.characters > 0 {
            return Err(errors::director_references().into());
        }
        let lacks_prompt = order.model.needs_v4_prompt()
            && (given.v4_prompt.is_none() || given.v4_negative_prompt.is_none());
        let stale_smea = family >= Family::V45 && order.job.smea;
        let bad_vibe = match family {
            Family::V3 => false,
            Family::V4 | Family::V45 => references.has_raw_vibe,
            Family::V5 => references.vibes > 0,
        };
        if lacks_prompt || stale_smea || bad_vibe {
            return Err(errors::internal().into());
        }
        Ok(())
    }
}

fn check_action(order: &Order, references: &References) -> Result<(), Refused> {
    let missing = |what| Err(errors::verifying(&format!("{what} is required for this action")).into());
    match order.action {
        Action::Infill if !order.model.inpaints() => Err(errors::no_infill(order.model.name).into()),
        Action::Infill if !references.mask => missing("mask"),
        Action::Img2Img | Action::Infill if !references.image => missing("image"),
        Action::Generate | Action::Img2Img | Action::Infill => Ok(()),
    }
}

fn check_size(order: &Order) -> Result<(), Refused> {
    let job = &order.job;
    let most_samples = match job.pixels {
        0..=360_448 => 8,
        360_449..=409_600 => 6,
        _ => 4,
    };
    let fits = |side: u32| side > 0 && side.is_multiple_of(64);
    let wrong = if !fits(order.width) || !fits(order.height) {
        "width and height must be multiples of 64"
    } else if job.pixels > anlas::MAX_PIXELS {
        "width * height must be at most 3145728"
    } else if !(1..=50).contains(&job.steps) {
        "steps must be between 1 and 50"
    } else if !(1..=most_samples).contains(&job.samples) {
        "n_samples is out of range"
    } else {
        return Ok(());
    };
    Err(errors::validation(wrong).into())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "strength is within 0 and 1, so the product is within u32"
)]
fn steps_taken(steps: u32, strength: f64) -> u32 {
    ((f64::from(steps) * strength) as u32).max(1)
}
