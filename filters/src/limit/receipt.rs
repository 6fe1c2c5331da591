//! How a user's limit came about: lines that sum to the number.
//!
//! Invariant: the total is what [`super::Limits::of`] says of the same user at the same time, and the amounts
//! of the lines that count add up to what came of the contribution.

use super::{Barred, ByTier, Limit, LimitRule, Limits, Tier};
use crate::id::PoolKeyId;
use crate::model::{Caps, PoolKeyState, User};

/// A pool key of the user, as far as the receipt tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BroughtKey {
    /// Which one.
    pub key: PoolKeyId,
    /// What kind of account is behind it.
    pub tier: Tier,
    /// How it is.
    pub state: PoolKeyState,
    /// Whether there is something to send: a login that has no token yet has nothing.
    pub has_token: bool,
    /// What its contributor allows.
    pub caps: Caps,
}

/// Why a pool key adds nothing to its contributor's limit now.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NotCounted {
    /// It was not found to work yet.
    Pending,
    /// Its credential is refused.
    Invalid,
    /// It is held back.
    Paused,
    /// It was taken out for ever.
    Withdrawn,
    /// It is outside its contributor's hours.
    OutsideHours,
    /// Its contributor's caps let nobody use it.
    NeverServes,
}

impl BroughtKey {
    /// Whether others can use it at that time, and if not, why.
    ///
    /// # Errors
    /// Why not.
    pub fn counts_at(&self, unix_ms: i64) -> Result<(), NotCounted> {
        match self.state {
            PoolKeyState::Pending => Err(NotCounted::Pending),
            PoolKeyState::Invalid => Err(NotCounted::Invalid),
            PoolKeyState::Paused => Err(NotCounted::Paused),
            PoolKeyState::Withdrawn => Err(NotCounted::Withdrawn),
            PoolKeyState::Healthy if !self.has_token => Err(NotCounted::Pending),
            PoolKeyState::Healthy if !self.caps.ever_serve() => Err(NotCounted::NeverServes),
            PoolKeyState::Healthy if !self.caps.hours.open_at(unix_ms) => Err(NotCounted::OutsideHours),
            PoolKeyState::Healthy => Ok(()),
        }
    }
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// What everybody gets, or every contributor.
    Base(u32),
    /// A pool key, with what it brings or would bring.
    Key {
        /// Which one.
        key: PoolKeyId,
        /// What kind of account is behind it.
        tier: Tier,
        /// Requests per 60 seconds.
        amount: u32,
        /// Why that is not counted, where it is not.
        not_counted: Option<NotCounted>,
    },
    /// What is over the most that may come of it; taken off.
    OverMax(u64),
}

impl Line {
    /// What it adds to the sum.
    #[must_use]
    pub fn adds(&self) -> i64 {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        match self {
            Self::Key {
                not_counted: Some(_), ..
            } => 0,
            Self::Base(amount) | Self::Key { amount, .. } => i64::from(*amount),
            Self::OverMax(amount) => -signed(*amount),
        }
    }
}

/// How a limit came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The rule that the user is under.
    pub rule: LimitRule,
    /// Whether that is the rule for all, and not one of their own.
    pub is_common_rule: bool,
    /// Of what they contribute. Where the rule is a number, that is what would count otherwise.
    pub lines: Vec<Line>,
    /// What the lines add up to.
    pub automatic: u32,
    /// What counts.
    pub total: Result<Limit, Barred>,
}

impl Receipt {
    /// The receipt of a user with these pool keys.
    #[must_use]
    pub fn of(limits: &Limits, user: &User, keys: &[BroughtKey], unix_ms: i64) -> Self {
        let brought: Vec<Line> = keys.iter().map(|key| line(limits, key, unix_ms)).collect();
        let contributes = user.contribution.at(|| unix_ms) != ByTier::default();
        let mut lines = vec![Line::Base(limits.base(contributes))];
        lines.extend(brought);
        let sum: u64 = lines.iter().map(|line| line.adds().unsigned_abs()).sum();
        let max = u64::from(limits.policy().max);
        if sum > max {
            lines.push(Line::OverMax(sum - max));
        }
        Self {
            rule: limits.rule(user),
            is_common_rule: user.limit.is_none(),
            lines,
            automatic: limits.automatic(user, || unix_ms),
            total: limits.of(user, || unix_ms),
        }
    }
}

fn line(limits: &Limits, key: &BroughtKey, unix_ms: i64) -> Line {
    Line::Key {
        key: key.key,
        tier: key.tier,
        amount: limits.points().get(key.tier),
        not_counted: key.counts_at(unix_ms).err(),
    }
}
