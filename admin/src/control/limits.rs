//! Limits: the policy for all, what a change of it would do to whom, and how each user's came about.

use std::collections::HashMap;

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::limit::{self, Effect, Limit, LimitPolicy, Limits, Line, Receipt, WHOLE, by_harm};
use potluck_store::StoreError;
use potluck_store::table::users::UserRow;

use super::Control;
use super::fields::{self, Faults};
use crate::api::{self, EffectiveLimit};
use crate::api::{
    Affected, EditLimitPolicy, EditUserLimit, Effects, LimitLine, LimitPreview, MAX_PAGE, UserLimit,
};
use crate::audit::{Act, Note, Object, ObjectKind};
use crate::caller::By;
use crate::error::ControlError;
use crate::input::IfMatch;

const NOUN: &str = "user";

/// Users that a preview shows one by one.
const SHOWN: usize = 100;

impl Control {
    /// How all users' limits come about.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn limit_policy(&self) -> Result<api::LimitPolicy, ControlError> {
        Ok(self.store.limit_policy().await?.into())
    }

    /// Changes how all users' limits come about. The next request sees it, whoever sends it.
    ///
    /// # Errors
    /// When a field cannot be what it is, or somebody else changed it meanwhile.
    pub async fn edit_limit_policy(
        &self,
        by: &By,
        expected: IfMatch,
        edit: EditLimitPolicy,
    ) -> Result<api::LimitPolicy, ControlError> {
        let mut turn = self.turn(by).await?;
        let (policy, revision) = turn.change.limit_policy().await?;
        expected.fits(revision)?;
        let before = api::LimitPolicy::from((policy, revision));
        let edited = edited(policy, edit)?;
        turn.change.set_limit_policy(&edited).await?;
        let edited = api::LimitPolicy::from((edited, turn.change.revision()));
        let note = Note::new(Act::LimitsEdited, Object::named(ObjectKind::Limits, ""));
        turn.end(note.was(&before).is(&edited)).await?;
        Ok(edited)
    }

    /// What a change would do to whom. Nothing is changed.
    ///
    /// # Errors
    /// When a field cannot be what it is, or the database fails.
    pub async fn preview_limits(&self, edit: EditLimitPolicy) -> Result<LimitPreview, ControlError> {
        let (policy, revision) = self.store.limit_policy().await?;
        let after = edited(policy, edit)?;
        let (before, then) = (Limits::from(policy), Limits::from(after));
        let now_ms = (self.clock)();
        let (mut users, mut worst) = (Effects::default(), Vec::new());
        let mut from = UserId(0);
        loop {
            let page = self.users_with_contributions(from).await?;
            let Some(last) = page.last() else { break };
            from = last.user.id;
            for row in page {
                let change = (before.of(&row.user, || now_ms), then.of(&row.user, || now_ms));
                users.count(Effect::of(change));
                if Effect::of(change) != Effect::None {
                    worst.push((row, change));
                }
            }
            // What is not shown need not be kept.
            worst.sort_by_key(|(row, change)| (by_harm(*change), row.user.id));
            worst.truncate(SHOWN);
        }
        let affected = worst.into_iter().map(|(row, change)| Affected {
            used: self.live.window(row.user.id).map(|filled| filled.used),
            user: row.user.id,
            name: row.name,
            effect: Effect::of(change),
            before: change.0.into(),
            after: change.1.into(),
        });
        Ok(LimitPreview {
            worst: affected.collect(),
            policy: (after, revision).into(),
            users,
        })
    }

    async fn users_with_contributions(&self, after: UserId) -> Result<Vec<UserRow>, ControlError> {
        let mut page = self.store.users(after, MAX_PAGE).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else {
            return Ok(page);
        };
        let mut contributions = self.store.contributions(first.user.id, last.user.id).await?;
        for row in &mut page {
            row.user.contribution = contributions.remove(&row.user.id).unwrap_or_default();
        }
        Ok(page)
    }

    /// How a user's limit came about.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn user_limit(&self, id: UserId) -> Result<UserLimit, ControlError> {
        let row = self.user_row(id).await?;
        let policy = self.store.limit_policy().await?.0;
        let keys = self.store.brought_keys(id).await?;
        let labels = self.labels(id).await?;
        let receipt = Receipt::of(&policy.into(), &row.user, &keys, (self.clock)());
        let line = |line: &Line| shown(*line, &policy, &labels);
        Ok(UserLimit {
            user: id,
            rule: receipt.rule.into(),
            is_common_rule: receipt.is_common_rule,
            limit: receipt.total.into(),
            automatic: receipt.automatic,
            lines: receipt.lines.iter().map(line).collect(),
            window: self.live.window(id).map(Into::into),
            revision: row.revision,
        })
    }

    /// Gives a user a rule of their own, or that for all.
    ///
    /// # Errors
    /// When there is no such user, or somebody else changed it meanwhile.
    pub async fn edit_user_limit(
        &self,
        by: &By,
        id: UserId,
        expected: IfMatch,
        edit: EditUserLimit,
    ) -> Result<UserLimit, ControlError> {
        if let Some(rule) = edit.rule {
            let mut turn = self.turn(by).await?;
            let row = turn.change.living_user(id).await?;
            let row = row.ok_or(ControlError::NotFound(NOUN))?;
            expected.fits(row.revision)?;
            let before = api::User::from(row);
            turn.change.set_user_limit(id, rule.map(Into::into)).await?;
            let after = turn.change.living_user(id).await?;
            let after = api::User::from(after.ok_or(ControlError::NotFound(NOUN))?);
            let object = Object::user(id, &before.name);
            let note = Note::new(Act::UserLimitEdited, object).was(&before).is(&after);
            turn.end(note).await?;
        }
        self.user_limit(id).await
    }

    /// How many requests per 60 seconds a user may send now.
    pub(super) async fn limit_of(&self, id: UserId) -> Result<Result<Limit, limit::Barred>, ControlError> {
        let row = self.user_row(id).await?;
        let limits = Limits::from(self.store.limit_policy().await?.0);
        let now_ms = (self.clock)();
        Ok(limits.of(&row.user, || now_ms))
    }

    /// What counts for requests with a client key that has this limit of its own.
    pub(super) async fn effective(
        &self,
        user: UserId,
        of_key: Limit,
    ) -> Result<EffectiveLimit, ControlError> {
        let of_user = self.limit_of(user).await?;
        let by_key = match (of_user, of_key) {
            (Ok(Limit::AtMost(user)), Limit::AtMost(key)) => key < user,
            (Ok(Limit::Unlimited), Limit::AtMost(_)) => true,
            (Ok(_), Limit::Unlimited) | (Err(_), _) => false,
        };
        Ok(EffectiveLimit {
            limit: if by_key { Ok(of_key) } else { of_user }.into(),
            is_keys_own: by_key,
        })
    }

    async fn user_row(&self, id: UserId) -> Result<UserRow, ControlError> {
        let row = self.store.living_user(id).await?;
        let mut row = row.ok_or(ControlError::NotFound(NOUN))?;
        let mut contributions = self.store.contributions(id, id).await?;
        row.user.contribution = contributions.remove(&id).unwrap_or_default();
        Ok(row)
    }

    async fn labels(&self, user: UserId) -> Result<HashMap<PoolKeyId, String>, StoreError> {
        let rows = self.store.pool_keys_of(user, PoolKeyId(0), u32::MAX).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.label)).collect())
    }
}

fn shown(line: Line, policy: &LimitPolicy, labels: &HashMap<PoolKeyId, String>) -> LimitLine {
    match line {
        Line::Base(_) => LimitLine::Base { amount: line.adds() },
        Line::OverMax(_) => LimitLine::OverMax { amount: line.adds() },
        Line::Key {
            key,
            tier,
            amount,
            not_counted,
        } => LimitLine::PoolKey {
            id: key,
            label: labels.get(&key).cloned().unwrap_or_default(),
            tier,
            weight: f64::from(policy.weights.get(tier)) / f64::from(WHOLE),
            amount: i64::from(amount),
            not_counted,
        },
    }
}

/// The policy with the edit done.
fn edited(mut policy: LimitPolicy, edit: EditLimitPolicy) -> Result<LimitPolicy, ControlError> {
    let bounded = |field, number: Option<u32>, before| match number {
        Some(number) => fields::per_minute(field, number),
        None => Ok(before),
    };
    let mut faults = Faults::default();
    policy.base = faults.take(bounded("base", edit.base, policy.base));
    policy.per_key = faults.take(bounded("per_key", edit.per_key, policy.per_key));
    policy.max = faults.take(bounded("max", edit.max, policy.max));
    policy.keys_per_user = faults.take(bounded("keys_per_user", edit.keys_per_user, policy.keys_per_user));
    policy.rule = edit.rule.map_or(policy.rule, Into::into);
    policy.base_for_contributors_only = edit
        .base_for_contributors_only
        .unwrap_or(policy.base_for_contributors_only);
    policy.require_contribution = edit.require_contribution.unwrap_or(policy.require_contribution);
    let weights = edit.weights.unwrap_or_default();
    for (tier, field, weight) in [
        (limit::Tier::Opus, "weights.opus", weights.opus),
        (limit::Tier::Scroll, "weights.scroll", weights.scroll),
        (limit::Tier::Tablet, "weights.tablet", weights.tablet),
        (limit::Tier::Paper, "weights.paper", weights.paper),
        (limit::Tier::Other, "weights.other", weights.other),
    ] {
        if let Some(weight) = weight {
            *policy.weights.get_mut(tier) = faults.take(fields::thousandths(field, weight));
        }
    }
    faults.end()?;
    Ok(policy)
}
