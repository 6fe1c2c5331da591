//! The V5 battery of an Opus account: free V5 images drain it, and once it is negative V5 is paid for.
//!
//! Invariant: counted in images, so that the whole per cents shown move about every seventeenth image.

/// Default images per 1 %.
const IMAGES_PER_PERCENT: f64 = 17.3;
/// Seconds until one more per cent is there, while it is charging.
const SECONDS_PER_PERCENT: u32 = 7888;

/// What is left of the allowance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Battery {
    percent: f64,
}

impl Battery {
    /// A battery at so many per cent; under 0 it is overdrawn.
    pub fn at(percent: f64) -> Battery {
        Battery {
            percent: percent.min(100.0),
        }
    }

    /// Takes the allowance of so many free V5 images.
    pub(crate) fn drain(&mut self, images: u32) {
        self.percent -= f64::from(images) / IMAGES_PER_PERCENT;
    }

    /// The whole per cents that an account is shown.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a percentage is small; a cast saturates"
    )]
    pub fn percent(&self) -> i64 {
        self.percent.ceil() as i64
    }

    /// Whether V5 is no longer free.
    pub fn is_negative(&self) -> bool {
        self.percent < 0.0
    }

    /// Seconds per further per cent; 0 at the cap, where charging is paused.
    pub fn seconds_until_next_percent(&self) -> u32 {
        if self.percent >= 100.0 {
            0
        } else {
            SECONDS_PER_PERCENT
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_lasts_about_seventeen_images() {
        let mut battery = Battery::at(100.0);
        battery.drain(17);
        assert_eq!(battery.percent(), 100);
        battery.drain(1);
        assert_eq!(battery.percent(), 99);
    }

    #[test]
    fn an_overdrawn_battery_is_negative() {
        let mut battery = Battery::at(0.0);
        assert!(!battery.is_negative());
        battery.drain(1);
        assert!(battery.is_negative());
    }

    #[test]
    fn charging_is_paused_at_the_cap() {
        assert_eq!(Battery::at(120.0).seconds_until_next_percent(), 0);
        assert_eq!(
            Battery::at(99.0).seconds_until_next_percent(),
            SECONDS_PER_PERCENT
        );
    }
}
