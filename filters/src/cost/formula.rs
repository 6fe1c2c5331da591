//! The arithmetic of prices, in the same floating-point steps as NovelAI's clients do it, so that it rounds
//! as theirs does.
//!
//! Invariant: no price is lower for more pixels, steps, samples or references.

/// The largest area that an active Opus account has free, in pixels.
pub(super) const FREE_PIXELS: u64 = 1_048_576;
/// The most steps that it has free.
pub(super) const FREE_STEPS: u32 = 28;
/// The largest area that NovelAI takes, in pixels.
pub(super) const MOST_PIXELS: u64 = 3_145_728;
/// The most steps that it takes.
pub(super) const MOST_STEPS: u32 = 50;
/// The smallest area that is priced, in pixels: some clients count no less, others have no such bound.
const LEAST_PIXELS: u64 = 65_536;
/// Anlas of the cheapest sample.
const LEAST: f64 = 2.0;
/// Anlas of encoding a vibe.
pub(super) const VIBE: u32 = 2;
/// Vibes that cost nothing once they are encoded.
const FREE_VIBES: u64 = 4;
/// Anlas of a character reference, for each sample.
const CHARACTER: u64 = 5;
/// Anlas of upscaling by the pixels that go in.
const UPSCALE: [(u64, u32); 4] = [(1_048_576, 1), (1_747_627, 2), (2_446_678, 3), (MOST_PIXELS, 4)];
/// Anlas of the largest picture that can be upscaled.
const UPSCALE_MOST: u32 = 4;

/// How a model's steps are priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rate {
    /// Everything before V5.
    Base,
    /// V5: half as much again.
    V5,
    /// V5 medium: as V5, with cheaper steps.
    V5Medium,
}

/// SMEA, which looks at large images again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Smea {
    Off,
    On,
    Dynamic,
}

/// One sample, as far as its price depends on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// Width × height.
    pub(super) pixels: u64,
    /// Diffusion steps.
    pub(super) steps: u32,
    /// By the model.
    pub(super) rate: Rate,
    /// By the request.
    pub(super) smea: Smea,
    /// 1 for an image out of nothing; else how much of the image is made anew, 0 to 1.
    pub(super) strength: f64,
}

/// Anlas of one sample: at least 2.
pub(super) fn sample(sample: &Sample) -> u64 {
    let sample = (per_sample(sample) * sample.strength).ceil();
    whole(sample.max(LEAST))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "areas that are served are far below 2^53; a larger one is only expensive"
)]
fn per_sample(sample: &Sample) -> f64 {
    let pixels = sample.pixels.max(LEAST_PIXELS) as f64;
    let step_divisor = match sample.rate {
        Rate::Base | Rate::V5 => 1.0,
        Rate::V5Medium => 1.065_217_39,
    };
    let steps = 5.753_298_233_447_344e-7 * pixels * f64::from(sample.steps) / step_divisor;
    let smea = match sample.smea {
        Smea::Off => 1.0,
        Smea::On => 1.2,
        Smea::Dynamic => 1.4,
    };
    let rate = match sample.rate {
        Rate::Base => 1.0,
        Rate::V5 | Rate::V5Medium => 1.5,
    };
    (2.951_823_174_884_865e-6 * pixels + steps).ceil() * smea * rate
}

/// Anlas of what a request refers to, beside its samples.
pub(super) fn references(characters: u64, samples: u32, vibes: u64, unencoded_vibes: u64) -> u64 {
    CHARACTER * characters * u64::from(samples)
        + u64::from(VIBE) * (unencoded_vibes + vibes.saturating_sub(FREE_VIBES))
}

/// Anlas of a Director tool: an image of V3 with 28 steps, on an area of one to three megapixels.
pub(super) fn tool(pixels: u64) -> u32 {
    let anlas = sample(&Sample {
        pixels: pixels.clamp(FREE_PIXELS, MOST_PIXELS),
        steps: FREE_STEPS,
        rate: Rate::Base,
        smea: Smea::Off,
        strength: 1.0,
    });
    counted(anlas)
}

/// Anlas of removing a background, which nobody has free.
pub(super) fn background_removal(pixels: u64) -> u32 {
    3 * tool(pixels) + 5
}

/// Anlas of upscaling, which nobody has free. `None` stands for a picture of unknown size.
pub(super) fn upscale(pixels: Option<u64>) -> u32 {
    let step = UPSCALE
        .iter()
        .find(|(most, _)| pixels.is_some_and(|pixels| pixels <= *most));
    step.map_or(UPSCALE_MOST, |(_, anlas)| *anlas)
}

/// As a price shows it.
pub(super) fn counted(anlas: u64) -> u32 {
    u32::try_from(anlas).unwrap_or(u32::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole and positive; the cast saturates"
)]
fn whole(anlas: f64) -> u64 {
    anlas as u64
}
