//! How many requests a minute a user may send: by hand, or by what they contribute.
//!
//! Invariant: integers alone, no allocation, and no look at anything but the user and the policy: it is asked
//! for every request.

use serde::{Deserialize, Serialize};

use super::{ByTier, Limit};
use crate::model::User;
use crate::rejection::Code;

/// How a user's limit comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitRule {
    /// From what they contribute.
    Auto,
    /// Requests per 60 seconds, set by an admin.
    Manual(Limit),
}

/// What is set for all users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitPolicy {
    /// The rule of users who have none of their own.
    pub rule: LimitRule,
    /// Requests per 60 seconds for everybody, whatever they contribute.
    pub base: u32,
    /// Requests per 60 seconds for a contributed key of weight 1.
    pub per_key: u32,
    /// The most that comes out of that.
    pub max: u32,
    /// Whether only contributors get `base`.
    pub base_for_contributors_only: bool,
    /// Whether only contributors (and admins) may send requests at all.
    pub require_contribution: bool,
    /// What a key of each kind weighs, in thousandths.
    pub weights: ByTier<u32>,
    /// The most client keys that a member may have; nothing to an edge.
    pub keys_per_user: u32,
}

/// The weight of a whole key, in thousandths.
pub const WHOLE: u32 = 1000;

impl Default for LimitPolicy {
    fn default() -> Self {
        Self {
            rule: LimitRule::Manual(Limit::Unlimited),
            base: 5,
            per_key: 14,
            max: 120,
            base_for_contributors_only: false,
            require_contribution: false,
            weights: ByTier {
                opus: WHOLE,
                scroll: WHOLE / 2,
                tablet: WHOLE / 2,
                paper: 0,
                other: WHOLE,
            },
            keys_per_user: 50,
        }
    }
}

/// Why a user may send nothing at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Barred {
    /// Only contributors may send requests, and nothing of theirs can be used by others now.
    ContributionRequired,
    /// What they contribute comes to no request a minute.
    NoContribution,
}

impl Barred {
    /// The code of the refusal.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::ContributionRequired => Code::ContributionRequired,
            Self::NoContribution => Code::NoContribution,
        }
    }
}

/// The policy with what follows from it, ready to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    policy: LimitPolicy,
    /// What one key of each kind brings.
    points: ByTier<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        LimitPolicy::default().into()
    }
}

impl From<LimitPolicy> for Limits {
    fn from(policy: LimitPolicy) -> Self {
        let points = policy.weights.map(|weight| {
            let points = u64::from(policy.per_key) * u64::from(weight) / u64::from(WHOLE);
            u32::try_from(points).unwrap_or(u32::MAX)
        });
        Self { policy, points }
    }
}

impl Limits {
    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &LimitPolicy {
        &self.policy
    }

    /// What one key of each kind brings: requests per 60 seconds.
    #[must_use]
    pub fn points(&self) -> &ByTier<u32> {
        &self.points
    }

    /// The rule that a user is under.
    #[must_use]
    pub fn rule(&self, user: &User) -> LimitRule {
        user.limit.unwrap_or(self.policy.rule)
    }

    /// How many requests per 60 seconds a user may send now, over all their keys.
    ///
    /// # Errors
    /// Why they may send none.
    pub fn of(&self, user: &User, unix_ms: impl Fn() -> i64) -> Result<Limit, Barred> {
        if self.policy.require_contribution
            && !user.operator
            && user.contribution.at(&unix_ms) == ByTier::default()
        {
            return Err(Barred::ContributionRequired);
        }
        match self.rule(user) {
            LimitRule::Manual(limit) => Ok(limit),
            LimitRule::Auto => match self.automatic(user, &unix_ms) {
                0 => Err(Barred::NoContribution),
                most => Ok(Limit::AtMost(most)),
            },
        }
    }

    /// What a user's contribution comes to, whatever rule they are under.
    #[must_use]
    pub fn automatic(&self, user: &User, unix_ms: impl FnOnce() -> i64) -> u32 {
        let counts = user.contribution.at(unix_ms);
        let ByTier {
            opus,
            scroll,
            tablet,
            paper,
            other,
        } = counts;
        let points = |count: u32, each: u32| u64::from(count) * u64::from(each);
        let keys = points(opus, self.points.opus)
            .saturating_add(points(scroll, self.points.scroll))
            .saturating_add(points(tablet, self.points.tablet))
            .saturating_add(points(paper, self.points.paper))
            .saturating_add(points(other, self.points.other));
        let base = u64::from(self.base(counts != ByTier::default()));
        let sum = keys.saturating_add(base).min(u64::from(self.policy.max));
        u32::try_from(sum).unwrap_or(u32::MAX)
    }

    /// What everybody gets, or every contributor.
    #[must_use]
    pub fn base(&self, contributes: bool) -> u32 {
        if contributes || !self.policy.base_for_contributors_only {
            self.policy.base
        } else {
            0
        }
    }
}
