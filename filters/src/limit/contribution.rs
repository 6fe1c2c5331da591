//! What a user has brought that others can use, in the form that limits are computed from.
//!
//! Invariant: it is the same for the same keys in whatever order they come, so that a changed snapshot equals
//! one that is built anew.

use std::sync::Arc;

use super::{ByTier, Tier};
use crate::model::{Caps, Hours};

/// How many pool keys of each kind, apart by the hours in which they may serve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contribution {
    always: Counts,
    /// Most contributors keep no hours.
    at_hours: Option<Arc<[(Hours, Counts)]>>,
}

/// How many pool keys of each kind.
type Counts = ByTier<u32>;

impl Contribution {
    /// Of pool keys in good state: kind, caps, and how many there are of these. Keys that never serve anybody
    /// are no contribution.
    #[must_use]
    pub fn of(keys: impl IntoIterator<Item = (Tier, Caps, u32)>) -> Self {
        let (mut always, mut at_hours) = (Counts::default(), Vec::<(Hours, Counts)>::new());
        for (tier, caps, count) in keys.into_iter().filter(|(_, caps, _)| caps.ever_serve()) {
            let hours = caps.hours;
            let counts = if hours.is_always() {
                &mut always
            } else {
                let place = at_hours.iter().position(|(known, _)| *known == hours);
                let place = place.unwrap_or_else(|| {
                    at_hours.push((hours, Counts::default()));
                    at_hours.len() - 1
                });
                let Some((_, counts)) = at_hours.get_mut(place) else {
                    continue;
                };
                counts
            };
            let counted: &mut u32 = counts.get_mut(tier);
            *counted = counted.saturating_add(count);
        }
        at_hours.sort_by_key(|(hours, _)| hours.order());
        Self {
            always,
            at_hours: (!at_hours.is_empty()).then(|| at_hours.into()),
        }
    }

    /// Whether nothing was brought that others could ever use.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at_hours.is_none() && self.always == Counts::default()
    }

    /// How many of each kind others can use now. The clock is only asked where hours matter.
    #[must_use]
    pub fn at(&self, unix_ms: impl FnOnce() -> i64) -> Counts {
        let Some(at_hours) = &self.at_hours else {
            return self.always;
        };
        let (now, mut counts) = (unix_ms(), self.always);
        for (_, more) in at_hours.iter().filter(|(hours, _)| hours.open_at(now)) {
            for tier in Tier::ALL {
                let counted: &mut u32 = counts.get_mut(tier);
                *counted = counted.saturating_add(more.get(tier));
            }
        }
        counts
    }
}
