//! What is known of a pool key's account, and what was spent on a day.

use potluck_filters::model;
use potluck_store::table::spent_days;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A NovelAI account, as its last probe found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// 0 Paper, 1 Tablet, 2 Scroll, 3 Opus.
    pub tier: u8,
    /// Whether the subscription runs.
    pub active: bool,
    /// Granted and bought Anlas together.
    pub anlas: u32,
    /// The battery of the V5 models, in percent; `null` where the account has none.
    pub battery: Option<i32>,
    /// Whether that battery is overdrawn.
    pub battery_negative: bool,
    /// When the subscription ends.
    pub expires_at: Option<i64>,
    /// When the account was asked.
    pub checked_at: i64,
}

impl From<model::Account> for Account {
    fn from(account: model::Account) -> Self {
        Self {
            tier: account.tier,
            active: account.active,
            anlas: account.anlas,
            battery: account.battery,
            battery_negative: account.battery_negative,
            // The one time that comes in seconds.
            expires_at: account.expires_at.map(|seconds| seconds.saturating_mul(1000)),
            checked_at: account.checked_at,
        }
    }
}

/// What was spent on a day (UTC), as far as it is booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Spent {
    /// Requests that were served.
    pub requests: u64,
    /// Anlas that they cost, as estimated.
    pub anlas: u64,
}

impl From<spent_days::Spent> for Spent {
    fn from(spent: spent_days::Spent) -> Self {
        Self {
            requests: spent.requests,
            anlas: spent.anlas,
        }
    }
}
