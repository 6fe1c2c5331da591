//! How users' limits come about.

use std::time::Duration;

use potluck_filters::id::{PoolKeyId, Revision, UserId};
use potluck_filters::limit::{self, Barred, ByTier, Effect, Limit, NotCounted, Tier};
use potluck_filters::window::Filled;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::client_key::at_most;
use super::patch::given;
use crate::output::Revised;

/// How a user's limit comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum LimitRule {
    /// From what they contribute.
    Auto {},
    /// A number, set by an admin.
    Manual {
        /// Requests per 60 seconds over all their keys; `null` or absent is unlimited, 0 allows nothing.
        rate_limit: Option<u32>,
    },
}

impl From<limit::LimitRule> for LimitRule {
    fn from(rule: limit::LimitRule) -> Self {
        match rule {
            limit::LimitRule::Auto => Self::Auto {},
            limit::LimitRule::Manual(limit) => Self::Manual {
                rate_limit: at_most(limit),
            },
        }
    }
}

impl From<LimitRule> for limit::LimitRule {
    fn from(rule: LimitRule) -> Self {
        match rule {
            LimitRule::Auto {} => Self::Auto,
            LimitRule::Manual { rate_limit } => {
                Self::Manual(rate_limit.map_or(Limit::Unlimited, Limit::AtMost))
            }
        }
    }
}

/// What a pool key of each kind weighs: 1 is a whole key, 0.5 half of one, to three decimals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// A NovelAI account on Opus.
    pub opus: f64,
    /// On Scroll.
    pub scroll: f64,
    /// On Tablet.
    pub tablet: f64,
    /// Without a running subscription.
    pub paper: f64,
    /// A key whose upstream tells no tier.
    pub other: f64,
}

impl From<ByTier<u32>> for Weights {
    fn from(thousandths: ByTier<u32>) -> Self {
        let ByTier {
            opus,
            scroll,
            tablet,
            paper,
            other,
        } = thousandths.map(|weight| f64::from(weight) / f64::from(limit::WHOLE));
        Self {
            opus,
            scroll,
            tablet,
            paper,
            other,
        }
    }
}

/// How all users' limits come about. A user's own is the lesser of `max` and `base` with `per_key` times the weight of
/// each pool key of theirs that others can use now; or an admin's number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LimitPolicy {
    /// The rule of users who have none of their own.
    pub rule: LimitRule,
    /// Requests per 60 seconds for everybody, whatever they contribute.
    pub base: u32,
    /// Requests per 60 seconds for a pool key of weight 1.
    pub per_key: u32,
    /// The most that comes out of that.
    pub max: u32,
    /// Whether only contributors get `base`.
    pub base_for_contributors_only: bool,
    /// Whether only contributors, and admins, may send requests at all.
    pub require_contribution: bool,
    /// What a pool key of each kind weighs.
    pub weights: Weights,
    /// The most client keys that a member may have.
    pub keys_per_user: u32,
    /// The change that made it so; 0 where nobody has changed anything.
    pub revision: Revision,
}

impl From<(limit::LimitPolicy, Revision)> for LimitPolicy {
    fn from((policy, revision): (limit::LimitPolicy, Revision)) -> Self {
        Self {
            rule: policy.rule.into(),
            base: policy.base,
            per_key: policy.per_key,
            max: policy.max,
            base_for_contributors_only: policy.base_for_contributors_only,
            require_contribution: policy.require_contribution,
            weights: policy.weights.into(),
            keys_per_user: policy.keys_per_user,
            revision,
        }
    }
}

/// What to change of weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditWeights {
    /// A NovelAI account on Opus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opus: Option<f64>,
    /// On Scroll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scroll: Option<f64>,
    /// On Tablet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablet: Option<f64>,
    /// Without a running subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<f64>,
    /// A key whose upstream tells no tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<f64>,
}

/// What to change of how limits come about. An absent field stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditLimitPolicy {
    /// The rule of users who have none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<LimitRule>,
    /// Requests per 60 seconds for everybody, whatever they contribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u32>,
    /// Requests per 60 seconds for a pool key of weight 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_key: Option<u32>,
    /// The most that comes out of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// Whether only contributors get `base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_for_contributors_only: Option<bool>,
    /// Whether only contributors, and admins, may send requests at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_contribution: Option<bool>,
    /// What a pool key of each kind weighs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<EditWeights>,
    /// The most client keys that a member may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_per_user: Option<u32>,
}

/// A user's own rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditUserLimit {
    /// `null`: as for all.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub rule: Option<Option<LimitRule>>,
}

/// What a changed policy would do to whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LimitPreview {
    /// What the policy would be.
    pub policy: LimitPolicy,
    /// How many users it would do what to.
    pub users: Effects,
    /// The users whom it would change something for, the worst first, at most 100.
    pub worst: Vec<Affected>,
}

/// How many users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Effects {
    /// Could send requests and no longer can.
    pub refused: u64,
    /// May send fewer.
    pub down: u64,
    /// May send more.
    pub up: u64,
    /// Nothing changes.
    pub none: u64,
}

impl Effects {
    pub(crate) fn count(&mut self, effect: Effect) {
        match effect {
            Effect::Refused => self.refused += 1,
            Effect::Down => self.down += 1,
            Effect::Up => self.up += 1,
            Effect::None => self.none += 1,
        }
    }
}

/// A user for whom something would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Affected {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// What it does to them.
    pub effect: Effect,
    /// What counts now.
    pub before: Allowance,
    /// What would count.
    pub after: Allowance,
    /// Requests of the last 60 seconds; `null` where nothing is counted, or no relay runs here.
    pub used: Option<u32>,
}

/// How many requests somebody may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Allowance {
    /// Requests per 60 seconds; `null` is unlimited, unless `barred` says that there are none.
    pub rate_limit: Option<u32>,
    /// Why none may be sent.
    pub barred: Option<Barred>,
}

impl From<Result<Limit, Barred>> for Allowance {
    fn from(limit: Result<Limit, Barred>) -> Self {
        Self {
            rate_limit: limit.ok().and_then(at_most),
            barred: limit.err(),
        }
    }
}

/// How a user's limit came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserLimit {
    /// Whose.
    pub user: UserId,
    /// The rule that counts.
    pub rule: LimitRule,
    /// Whether that is the rule for all, and not one of their own.
    pub is_common_rule: bool,
    /// What counts.
    pub limit: Allowance,
    /// What the lines add up to. It counts where the rule is `auto`.
    pub automatic: u32,
    /// What adds to that, or would.
    pub lines: Vec<LimitLine>,
    /// How the last 60 seconds are filled; `null` where nothing is counted, or no relay runs here.
    pub window: Option<Window>,
    /// The change that touched the user last.
    pub revision: Revision,
}

/// A line of a limit: `amount` is what it adds. What is `not_counted` adds nothing now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LimitLine {
    /// For everybody, or every contributor.
    Base {
        /// Requests per 60 seconds.
        amount: i64,
    },
    /// For a pool key.
    PoolKey {
        /// Which one.
        id: PoolKeyId,
        /// Its contributor's name for it.
        label: String,
        /// What kind of account is behind it.
        tier: Tier,
        /// What that kind weighs.
        weight: f64,
        /// Requests per 60 seconds that it adds, or would.
        amount: i64,
        /// Why it adds nothing now; `null` where it does.
        not_counted: Option<NotCounted>,
    },
    /// What is over the most that may come out; taken off, so below 0.
    OverMax {
        /// Requests per 60 seconds.
        amount: i64,
    },
}

/// How the last 60 seconds are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Requests that count. Refused ones do not.
    pub used: u32,
    /// Milliseconds until the next may be sent; 0 is now.
    pub next_in_ms: u64,
}

impl From<Filled> for Window {
    fn from(filled: Filled) -> Self {
        let Filled { used, wait } = filled;
        // Part of a millisecond is still a wait.
        let wait = wait + Duration::from_micros(999);
        Self {
            used,
            next_in_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Revised for LimitPolicy {
    fn revision(&self) -> Option<Revision> {
        Some(self.revision)
    }
}

impl Revised for UserLimit {
    fn revision(&self) -> Option<Revision> {
        Some(self.revision)
    }
}
