//! A limit: none at all, or a number, where 0 allows nothing.
//!
//! Only a client key's `rate_limit: 0` means "unlimited", because the field has it so; that reading
//! happens once, at that boundary, in [`Limit::from_rate_limit`].
//!
//! What a user may send over all keys is an admin's number, or comes of what they contribute: [`Limits`].

mod contribution;
mod effect;
mod policy;
mod receipt;
mod tier;

use serde::{Deserialize, Serialize};

pub use contribution::Contribution;
pub use effect::{BeforeAfter, Effect, by_harm};
pub use policy::{Barred, LimitPolicy, LimitRule, Limits, WHOLE};
pub use receipt::{BroughtKey, Line, NotCounted, Receipt};
pub use tier::{ByTier, Tier};

/// How much of something is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Nothing is counted against this.
    #[default]
    Unlimited,
    /// At most this many; 0 allows nothing.
    AtMost(u32),
}

impl Limit {
    /// Reads a client key's `rate_limit` (requests per minute), where 0 means unlimited.
    #[must_use]
    pub fn from_rate_limit(requests_per_minute: u32) -> Self {
        if requests_per_minute == 0 {
            Self::Unlimited
        } else {
            Self::AtMost(requests_per_minute)
        }
    }

    /// Whether one more may be added when `taken` are.
    #[must_use]
    pub fn allows_one_more(self, taken: u32) -> bool {
        match self {
            Self::Unlimited => true,
            Self::AtMost(most) => taken < most,
        }
    }
}

#[cfg(test)]
mod auto_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_unlimited_only_as_a_rate_limit() {
        assert_eq!(Limit::from_rate_limit(0), Limit::Unlimited);
        assert_eq!(Limit::from_rate_limit(5), Limit::AtMost(5));
        assert!(!Limit::AtMost(0).allows_one_more(0));
    }

    #[test]
    fn the_last_place_is_taken_once() {
        assert!(Limit::AtMost(3).allows_one_more(2));
        assert!(!Limit::AtMost(3).allows_one_more(3));
    }
}
