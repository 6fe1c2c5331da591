//! What a changed limit does to a user.

use std::cmp::Reverse;

use super::{Barred, Limit};

/// What comes of a change for one user, the worst first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// They could send requests and no longer can.
    Refused,
    /// They may send fewer.
    Down,
    /// They may send more.
    Up,
    /// Nothing changes.
    None,
}

/// Requests per 60 seconds before and after.
pub type BeforeAfter = (Result<Limit, Barred>, Result<Limit, Barred>);

/// Nothing at all, a number, or no limit, in that order.
fn height(limit: Result<Limit, Barred>) -> u64 {
    match limit {
        Err(_) => 0,
        Ok(Limit::AtMost(most)) => u64::from(most),
        Ok(Limit::Unlimited) => u64::MAX,
    }
}

impl Effect {
    /// What a change does.
    #[must_use]
    pub fn of((before, after): BeforeAfter) -> Self {
        let (before, after) = (height(before), height(after));
        match (before, after) {
            _ if before == after => Self::None,
            (_, 0) => Self::Refused,
            _ if after < before => Self::Down,
            _ => Self::Up,
        }
    }
}

/// The harm of a change, for sorting: the worst is first, of two alike that which takes more.
#[must_use]
pub fn by_harm(change: BeforeAfter) -> (Effect, Reverse<u64>) {
    let lost = height(change.0).saturating_sub(height(change.1));
    (Effect::of(change), Reverse(lost))
}
