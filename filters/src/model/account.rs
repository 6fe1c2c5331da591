//! What the last probe of a pool key's account said.

use serde::{Deserialize, Serialize};

/// The tier whose small images are free.
pub const OPUS: u8 = 3;

/// A NovelAI account, as its subscription answer describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// 0 Paper, 1 Tablet, 2 Scroll, 3 Opus.
    pub tier: u8,
    /// Whether the subscription runs. Bought Anlas can be spent without one.
    pub active: bool,
    /// Granted and bought Anlas together.
    pub anlas: u32,
    /// The battery of the V5 models, in percent; `None` where the account has none.
    pub battery: Option<i32>,
    /// Whether that battery is overdrawn: V5 images then cost Anlas on Opus too.
    pub battery_negative: bool,
    /// When the subscription ends, in Unix seconds.
    pub expires_at: Option<i64>,
    /// When the account was asked, in milliseconds since the Unix epoch.
    pub checked_at: i64,
}

impl Account {
    /// Whether one sample of a small image is free here, for V5 models or the older ones.
    #[must_use]
    pub fn has_free_sample(&self, v5: bool) -> bool {
        self.tier >= OPUS && self.active && !(v5 && self.battery_negative)
    }
}
