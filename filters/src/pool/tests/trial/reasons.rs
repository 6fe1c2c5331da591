//! Why there was no lease, held against the model.

use super::*;

impl Trial {
    /// Whether the reason is a true one.
    pub(super) fn explain(&self, need: &Need, why: NoWay) -> Result<(), TestCaseError> {
        let suits = |plain: &&Plain| {
            plain.present && plain.goes_to(&self.open) && (plain.key.operator_owned || !need.operators)
        };
        let suits = || self.keys.values().filter(suits);
        match why {
            NoWay::Empty => prop_assert_eq!(suits().count(), 0),
            NoWay::Exhausted => prop_assert!(need.tried.is_some()),
            NoWay::Unaffordable { anlas } => {
                prop_assert_eq!(Some(anlas), suits().map(|plain| plain.cost(need.price)).min());
            }
            NoWay::Busy { until: None } => prop_assert!(suits().any(|plain| plain.in_flight() > 0)),
            NoWay::Busy { until: Some(until) } => {
                let able = |then| {
                    self.keys.values().any(|plain| {
                        plain.goes_to(&self.open) && plain.serves(need, self.policy, self.now, then)
                    })
                };
                let until = until.millis();
                prop_assert!(until > self.now);
                prop_assert!(!able(until - 1), "a key is free before {}", until);
                // Hours and days together may need a second look.
                let simple = suits().all(|plain| plain.key.caps.hours == Hours::default());
                prop_assert!(able(until) || !simple, "no key is free at {}", until);
            }
        }
        Ok(())
    }
}
