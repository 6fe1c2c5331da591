//! The price of images: `/ai/generate-image` and its streaming sibling.
//!
//! Invariant: what the body leaves out is taken to be the most expensive that the service could make of it.

mod fields;

use std::num::NonZeroU32;

use super::formula::{self, FREE_PIXELS, FREE_STEPS, MOST_PIXELS, MOST_STEPS, Sample, Smea};
use super::model::Family;
use super::picture;
use super::{Asked, Price};
use crate::reader::{Envelope, Long, ModelName, Object, Unreadable, object};

use fields::{Parameters, Request};

/// Sides are multiples of so many pixels. One that is not is refused or rounded by the service; who knows.
const SIDE: u64 = 64;

/// Reads model and price.
///
/// # Errors
/// See [`Unreadable`]
pub(super) fn asked(envelope: &Envelope<'_>) -> Result<Asked, Unreadable> {
    let request: Request<'_> = object(envelope.request())?;
    let family = Family::of(request.model.as_ref().map(|model| &*model.0));
    let action = Action::of(request.action.as_ref().map(|action| &*action.0));
    let parameters = request.parameters.unwrap_or_default().verdict()?;
    let price = price(family, action, &parameters, envelope)?;
    let pictures = parameters.samples.map_or(1, NonZeroU32::get);
    Ok(Asked {
        model: request.model.map(ModelName::from),
        price,
        pictures,
    })
}

/// What is to be done with the image that is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// Nothing: the image comes out of nothing. Any other word is taken for this one, which costs most.
    Generate,
    Img2Img,
    Infill,
}

impl Action {
    fn of(word: Option<&str>) -> Self {
        match word {
            Some("img2img") => Self::Img2Img,
            Some("infill") => Self::Infill,
            Some(_) | None => Self::Generate,
        }
    }
}

fn price(
    family: Family,
    action: Action,
    parameters: &Parameters<'_>,
    envelope: &Envelope<'_>,
) -> Result<Price, Unreadable> {
    let area = area(parameters);
    let pixels = area.max(if enlarges(parameters) { MOST_PIXELS } else { 0 });
    let steps = family.steps(parameters.steps.map_or(MOST_STEPS, NonZeroU32::get));
    let samples = parameters
        .samples
        .map_or_else(|| most_samples(area), NonZeroU32::get);
    let each = formula::sample(&Sample {
        pixels,
        steps,
        rate: family.rate(),
        smea: smea(parameters),
        strength: strength(action, parameters)?,
    });
    let extras = extras(family, samples, parameters, envelope)?;
    let has_free_sample = family.has_free_sample() && pixels <= FREE_PIXELS && steps <= FREE_STEPS;
    let anlas = |samples: u32| {
        let samples = each.saturating_mul(u64::from(samples));
        formula::counted(samples.saturating_add(extras))
    };
    Ok(Price {
        full: anlas(samples),
        on_opus: anlas(samples.saturating_sub(u32::from(has_free_sample))),
        v5: family.is_v5(),
    })
}

/// Width × height, each up to the next multiple of 64.
fn area(parameters: &Parameters<'_>) -> u64 {
    let side = |side: NonZeroU32| u64::from(side.get()).next_multiple_of(SIDE);
    match (parameters.width, parameters.height) {
        (Some(width), Some(height)) => side(width).saturating_mul(side(height)),
        (Some(one), None) | (None, Some(one)) => side(one).saturating_mul(SIDE).max(MOST_PIXELS),
        (None, None) => MOST_PIXELS,
    }
}

/// Whether the image is made larger than its width and height say: V5's enhancement to the largest area
/// does that, and `upscale` sounds as if it did.
fn enlarges(parameters: &Parameters<'_>) -> bool {
    parameters.upscaled_enhance == Some(true) || parameters.upscales()
}

/// The most samples that NovelAI's own client asks for at once, by the area.
fn most_samples(area: u64) -> u32 {
    match area {
        0..=360_448 => 8,
        360_449..=409_600 => 6,
        409_601.. => 4,
    }
}

/// Clients do not agree whether the dynamic form counts alone; here it does.
fn smea(parameters: &Parameters<'_>) -> Smea {
    match (parameters.sm, parameters.sm_dyn) {
        (_, Some(true)) => Smea::Dynamic,
        (Some(true), Some(false) | None) => Smea::On,
        (Some(false) | None, Some(false) | None) => Smea::Off,
    }
}

/// How much of the image is made anew. Less than all only where the action and what it needs are there; of
/// several strengths that might count, the highest.
fn strength(action: Action, parameters: &Parameters<'_>) -> Result<f64, Unreadable> {
    let img2img = parameters.img2img.as_ref().map(Object::fields).transpose()?;
    let (plain, infill, nested) = (
        fraction(parameters.strength)?,
        fraction(parameters.inpaint_strength)?,
        fraction(img2img.and_then(|img2img| img2img.strength))?,
    );
    let has_mask = parameters.mask.is_given();
    let strength = match action {
        Action::Infill if has_mask => infill.unwrap_or(1.0),
        Action::Img2Img if has_mask => infill.unwrap_or(1.0).max(plain.unwrap_or(1.0)),
        Action::Img2Img if parameters.image.is_given() => plain.unwrap_or(1.0),
        Action::Generate | Action::Img2Img | Action::Infill => 1.0,
    };
    Ok(strength.max(nested.unwrap_or_default()))
}

fn fraction(value: Option<f64>) -> Result<Option<f64>, Unreadable> {
    match value {
        Some(value) if !(0.0..=1.0).contains(&value) => Err(Unreadable::Value),
        value => Ok(value),
    }
}

/// Anlas of references and of what is enlarged, which nobody has free.
fn extras(
    family: Family,
    samples: u32,
    parameters: &Parameters<'_>,
    envelope: &Envelope<'_>,
) -> Result<u64, Unreadable> {
    let mut vibes = 0;
    let mut unencoded = 0;
    for vibe in parameters.vibes() {
        let data = vibe?.filter(|data| !data.0.is_empty());
        vibes += 1;
        unencoded += u64::from(family.encodes_vibes() && needs_encoding(data, envelope)?);
    }
    let upscale = if parameters.upscales() {
        formula::upscale(None)
    } else {
        0
    };
    let references = formula::references(parameters.characters(), samples, vibes, unencoded);
    Ok(references + u64::from(upscale))
}

/// One without data is in the service's cache, where only encoded ones are.
fn needs_encoding(vibe: Option<&Long<'_>>, envelope: &Envelope<'_>) -> Result<bool, Unreadable> {
    match vibe {
        Some(data) => Ok(!picture::is_encoded_vibe(envelope.image(&data.0)?)),
        None => Ok(false),
    }
}
