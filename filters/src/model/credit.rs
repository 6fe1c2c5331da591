//! What the upstream says is left of the money behind a pool key.

use serde::{Deserialize, Serialize};

/// A balance, as the upstream told it. Amounts are in millionths of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// What is left.
    pub balance: u64,
    /// What was ever used, where the upstream tells; unlike the balance it does not change when somebody pays in.
    pub used: Option<u64>,
    /// When it was asked for, in milliseconds since the Unix epoch. What is used later is not in it.
    pub asked_at: i64,
}

impl Credit {
    /// What was used from `earlier` to here; `None` where that cannot be told, since money was paid in.
    #[must_use]
    pub fn used_since(&self, earlier: &Self) -> Option<u64> {
        match (earlier.used, self.used) {
            (Some(then), Some(now)) => now.checked_sub(then),
            (None | Some(_), None | Some(_)) => earlier.balance.checked_sub(self.balance),
        }
    }

    /// Whether a balance is far enough from this one that an edge should hear of it: by a hundredth, or by the
    /// step from something to nothing.
    #[must_use]
    pub fn is_far_from(&self, other: &Self) -> bool {
        let between = self.balance.abs_diff(other.balance);
        (self.balance == 0) != (other.balance == 0)
            || between.saturating_mul(100) >= self.balance.max(other.balance).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credit(balance: u64, used: Option<u64>) -> Credit {
        let asked_at = 0;
        Credit {
            balance,
            used,
            asked_at,
        }
    }

    #[test]
    fn paying_in_hides_what_was_used_unless_the_upstream_counts_it() {
        let used = |before: (u64, Option<u64>), after: (u64, Option<u64>)| {
            credit(after.0, after.1).used_since(&credit(before.0, before.1))
        };
        assert_eq!(used((100, None), (70, None)), Some(30));
        assert_eq!(used((100, None), (500, None)), None);
        assert_eq!(used((100, Some(5)), (500, Some(35))), Some(30));
        assert_eq!(used((100, Some(5)), (90, None)), Some(10));
    }

    #[test]
    fn a_hundredth_is_far_and_so_is_nothing_at_all() {
        let far = |one, other| credit(one, None).is_far_from(&credit(other, None));
        assert!(!far(1_000_000, 1_009_999));
        assert!(far(1_000_000, 1_010_102));
        assert!(far(1, 0) && !far(0, 0));
    }
}
