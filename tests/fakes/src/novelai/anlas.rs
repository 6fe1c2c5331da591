//! What a generation costs in Anlas: the formula that NovelAI's own clients show to their users.
//!
//! Invariant: pure arithmetic over a [`Job`]; a price is per request, and at most one of its samples is free.

/// The highest price of one sample that NovelAI takes, Anlas.
pub const MAX_PER_SAMPLE: u32 = 140;
/// The largest area, in pixels, that is free for Opus; also one "megapixel" of the tools' prices.
pub const FREE_PIXELS: u32 = 1_048_576;
/// The most steps that are free for Opus.
pub const FREE_STEPS: u32 = 28;
/// The largest area, in pixels, that anything accepts.
pub const MAX_PIXELS: u32 = 3_145_728;
/// The price of encoding a vibe, Anlas.
pub const ENCODE_VIBE: u32 = 2;

/// How the steps of a model are priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// Everything before V5.
    Base,
    /// V5: half as much again.
    V5,
    /// V5 medium: as V5, with cheaper steps.
    V5Medium,
}

/// What of a request has a price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Job {
    /// Width × height.
    pub pixels: u32,
    pub steps: u32,
    pub samples: u32,
    pub rate: Rate,
    /// SMEA, and its dynamic form, which counts only on top of SMEA.
    pub smea: bool,
    pub smea_dyn: bool,
    /// 1 for text to image; else the strength of the image or of the inpainting.
    pub strength: f64,
    pub character_references: u32,
    /// Vibes in all, and those of them that NovelAI must encode first.
    pub vibes: u32,
    pub unencoded_vibes: u32,
}

/// The price of one sample is over [`MAX_PER_SAMPLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one sample would cost more than {MAX_PER_SAMPLE} Anlas")]
pub struct TooExpensive;

/// The price in Anlas; `free_sample` says whether the account has its one free sample for this job.
pub fn price(job: &Job, free_sample: bool) -> Result<u32, TooExpensive> {
    let each = (per_sample(job) * job.strength).ceil().max(2.0);
    if each > f64::from(MAX_PER_SAMPLE) {
        return Err(TooExpensive);
    }
    let paid = job.samples.saturating_sub(u32::from(free_sample));
    Ok(whole(each) * paid + extras(job))
}

/// Whether the size and the steps of a job are within what Opus has free; the account decides the rest.
pub fn within_free_bounds(job: &Job) -> bool {
    job.pixels <= FREE_PIXELS && job.steps <= FREE_STEPS
}

fn per_sample(job: &Job) -> f64 {
    let pixels = f64::from(job.pixels);
    let step_divisor = match job.rate {
        Rate::Base | Rate::V5 => 1.0,
        Rate::V5Medium => 1.065_217_39,
    };
    let steps = 5.753_298_233_447_344e-7 * pixels * f64::from(job.steps) / step_divisor;
    let smea = match (job.smea, job.smea_dyn) {
        (true, true) => 1.4,
        (true, false) => 1.2,
        (false, _) => 1.0,
    };
    let rate = match job.rate {
        Rate::Base => 1.0,
        Rate::V5 | Rate::V5Medium => 1.5,
    };
    (2.951_823_174_884_865e-6 * pixels + steps).ceil() * smea * rate
}

fn extras(job: &Job) -> u32 {
    5 * job.character_references * job.samples + 2 * job.unencoded_vibes + 2 * job.vibes.saturating_sub(4)
}

/// A Director tool: V3 at 28 steps on an area of one to three megapixels. Removing a background is three times
/// that and five more, and is never free.
pub fn tool_price(pixels: u32, removes_background: bool, free_sample: bool) -> u32 {
    let job = Job {
        pixels: pixels.clamp(FREE_PIXELS, MAX_PIXELS),
        steps: 28,
        samples: 1,
        rate: Rate::Base,
        smea: false,
        smea_dyn: false,
        strength: 1.0,
        character_references: 0,
        vibes: 0,
        unencoded_vibes: 0,
    };
    let base = whole(per_sample(&job));
    match (removes_background, free_sample && pixels <= FREE_PIXELS) {
        (true, _) => 3 * base + 5,
        (false, true) => 0,
        (false, false) => base,
    }
}

/// Upscaling, by the pixels that go in; `None` where they are too many. Never free.
pub fn upscale_price(pixels: u32) -> Option<u32> {
    [(1_048_576, 1), (1_747_627, 2), (2_446_678, 3), (MAX_PIXELS, 4)]
        .into_iter()
        .find(|(most, _)| pixels <= *most)
        .map(|(_, price)| price)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "prices are small, whole and positive; a cast saturates"
)]
fn whole(anlas: f64) -> u32 {
    anlas as u32
}

#[cfg(test)]
impl Job {
    /// One plain sample.
    pub(super) fn plain(pixels: u32, steps: u32, rate: Rate) -> Self {
        Self {
            pixels,
            steps,
            samples: 1,
            rate,
            smea: false,
            smea_dyn: false,
            strength: 1.0,
            character_references: 0,
            vibes: 0,
            unencoded_vibes: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_prices_come_out() {
        let table = [
            (512, 768, 28, 8, 12),
            (832, 1216, 23, 17, 26),
            (832, 1216, 28, 20, 30),
            (1024, 1024, 28, 20, 30),
            (1024, 1024, 29, 21, 32),
            (1024, 1536, 28, 30, 45),
            (1472, 1472, 28, 42, 63),
        ];
        for (width, height, steps, base, v5) in table {
            assert_eq!(
                price(&Job::plain(width * height, steps, Rate::Base), false),
                Ok(base),
                "{width}×{height}"
            );
            assert_eq!(
                price(&Job::plain(width * height, steps, Rate::V5), false),
                Ok(v5),
                "{width}×{height} V5"
            );
        }
    }

    #[test]
    fn only_the_first_sample_is_free() {
        let mut two = Job::plain(1024 * 1024, 28, Rate::Base);
        assert_eq!(price(&two, true), Ok(0));
        two.samples = 2;
        assert_eq!(price(&two, true), Ok(20));
        assert_eq!(price(&two, false), Ok(40));
    }

    #[test]
    fn only_small_and_short_jobs_are_within_the_free_bounds() {
        assert!(within_free_bounds(&Job::plain(1024 * 1024, 28, Rate::V5)));
        assert!(!within_free_bounds(&Job::plain(1024 * 1024, 29, Rate::V5)));
        assert!(!within_free_bounds(&Job::plain(1024 * 1088, 28, Rate::V5)));
    }

    #[test]
    fn strength_scales_a_sample_but_not_under_two_anlas() {
        let mut weak = Job::plain(1024 * 1024, 28, Rate::Base);
        weak.strength = 0.7;
        assert_eq!(price(&weak, false), Ok(14));
        weak.strength = 0.01;
        assert_eq!(price(&weak, false), Ok(2));
    }

    #[test]
    fn references_and_vibes_cost_extra_also_on_a_free_sample() {
        let mut rich = Job::plain(1024 * 1024, 28, Rate::Base);
        rich.character_references = 1;
        assert_eq!(price(&rich, true), Ok(5));
        rich.character_references = 0;
        rich.vibes = 6;
        rich.unencoded_vibes = 1;
        assert_eq!(price(&rich, true), Ok(2 + 4));
    }

    #[test]
    fn smea_and_medium_change_the_price() {
        let mut smea = Job::plain(1024 * 1024, 28, Rate::Base);
        smea.smea = true;
        assert_eq!(price(&smea, false), Ok(24));
        smea.smea_dyn = true;
        assert_eq!(price(&smea, false), Ok(28));
        assert_eq!(price(&Job::plain(832 * 1216, 28, Rate::V5Medium), false), Ok(29));
    }

    #[test]
    fn a_sample_over_the_highest_price_is_refused() {
        assert_eq!(
            price(&Job::plain(2048 * 1536, 50, Rate::V5), false),
            Err(TooExpensive)
        );
    }

    #[test]
    fn tools_and_upscaling_have_their_own_prices() {
        assert_eq!(tool_price(512 * 512, false, true), 0);
        assert_eq!(tool_price(512 * 512, false, false), 20);
        assert_eq!(tool_price(FREE_PIXELS, true, true), 65);
        assert_eq!(upscale_price(832 * 1216), Some(1));
        assert_eq!(upscale_price(MAX_PIXELS), Some(4));
        assert_eq!(upscale_price(MAX_PIXELS + 1), None);
    }
}
