//! Acts on many things at once: which ones, what is done, and what that would do.

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::model::{ClientKeyState, PoolKeyState};
use potluck_store::table::client_keys;
use potluck_store::table::pool_keys;
use potluck_store::table::users::{UserFilter, UserRole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, JobItem, MAX_PAGE};

/// What is done to many pool keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolKeysAct {
    /// They are looked at anew, whatever they rest for.
    Recheck,
    /// Their rests end, without a look at their accounts.
    Reset,
    /// They are held back.
    Pause,
    /// They are let go.
    Resume,
    /// They are taken out for ever.
    Withdraw,
}

/// What is done to many client keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientKeysAct {
    /// They are refused until they are enabled.
    Disable,
    /// They work again.
    Enable,
    /// They are revoked for ever.
    Revoke,
}

/// What is done to many users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsersAct {
    /// Their keys are refused, and their sessions end.
    Disable,
    /// They are let in again.
    Enable,
}

/// An act on pool keys: either those with these `ids`, or those that fit the `filter` now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkPoolKeys {
    /// What is done.
    #[serde(rename = "do")]
    pub act: PoolKeysAct,
    /// To these, at most 10000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<PoolKeyId>>,
    /// To all that fit this now; an empty one fits all that are not withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<PoolKeyFilter>,
    /// Why they are paused, for their contributors; at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
    /// The `expect` of the dry run that this follows: refused with 409 where other things are meant by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
}

/// An act on client keys: either those with these `ids`, or those that fit the `filter` now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkClientKeys {
    /// What is done.
    #[serde(rename = "do")]
    pub act: ClientKeysAct,
    /// To these, at most 10000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<ClientKeyId>>,
    /// To all that fit this now; an empty one fits all that are not revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<ClientKeyFilter>,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
    /// The `expect` of the dry run that this follows: refused with 409 where other things are meant by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
}

/// An act on users: either those with these `ids`, or those that fit the `filter` now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkUsers {
    /// What is done.
    #[serde(rename = "do")]
    pub act: UsersAct,
    /// To these, at most 10000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<UserId>>,
    /// To all that fit this now; an empty one fits all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<UsersFilter>,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
    /// The `expect` of the dry run that this follows: refused with 409 where other things are meant by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
}

/// Which pool keys. What is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolKeyFilter {
    /// Of this upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// That are so now; `cooling`, `drained` and `suspect` as the running relay knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Condition>,
    /// Brought by this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor: Option<UserId>,
    /// Part of the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// Which client keys. What is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientKeyFilter {
    /// Of this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// In this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ClientKeyState>,
    /// Part of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// Which users. What is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsersFilter {
    /// Of this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<UserRole>,
    /// Switched on, or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Part of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// What an act on many would do. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BulkPreview {
    /// How many are meant.
    pub matching: u64,
    /// How many there are in all.
    pub of: u64,
    /// How many of those that are meant it would be done to.
    pub would_do: u64,
    /// Those that it would not be done to, by why not.
    pub others: Vec<NotDone>,
    /// The first of those that are meant, with what would become of each.
    pub sample: Vec<JobItem>,
    /// What stands for exactly these things and what would become of each. Whoever sends it with the act does nothing to
    /// others.
    #[serde(default)]
    pub expect: String,
}

/// How many an act would not be done to, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotDone {
    /// Why not, in a stable word.
    pub why: String,
    /// Whether that is a failure; else there is nothing to do.
    pub fails: bool,
    /// How many.
    pub count: u64,
}

/// Which pool keys, and which part of their list. What is absent does not matter.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolKeyQuery {
    /// The id that the page before ended with; 0 or absent begins.
    #[serde(default)]
    pub after: i64,
    /// 1 to 1000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Of this upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// That are so now; `cooling`, `drained` and `suspect` as the running relay knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Condition>,
    /// Brought by the user with this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor: Option<i64>,
    /// Part of the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Only those that fit of these: 1 to 100 ids with commas between, whatever `after` and `limit` say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<String>,
}

/// Which client keys, and which part of their list. What is absent does not matter.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientKeyQuery {
    /// The id that the page before ended with; 0 or absent begins.
    #[serde(default)]
    pub after: i64,
    /// 1 to 1000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Of the user with this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<i64>,
    /// In this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ClientKeyState>,
    /// Part of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

impl PoolKeyQuery {
    pub(crate) fn limit(&self) -> u32 {
        self.limit.unwrap_or(100).clamp(1, MAX_PAGE)
    }

    pub(crate) fn filter(self) -> PoolKeyFilter {
        PoolKeyFilter {
            upstream: self.upstream,
            state: self.state,
            contributor: self.contributor.map(UserId),
            q: self.q,
        }
    }
}

impl ClientKeyQuery {
    pub(crate) fn limit(&self) -> u32 {
        self.limit.unwrap_or(100).clamp(1, MAX_PAGE)
    }

    pub(crate) fn filter(self) -> ClientKeyFilter {
        ClientKeyFilter {
            user: self.user.map(UserId),
            state: self.state,
            q: self.q,
        }
    }
}

impl PoolKeyFilter {
    /// As the store is asked; how a key rests is not in it.
    pub(crate) fn stored(&self) -> pool_keys::PoolKeyFilter {
        pool_keys::PoolKeyFilter {
            upstream: self.upstream.clone(),
            state: self.state.map(stored_state),
            contributor: self.contributor,
            label_has: self.q.clone(),
            up_to: None,
        }
    }
}

/// What is stored of a key that is so.
fn stored_state(condition: Condition) -> PoolKeyState {
    match condition {
        Condition::Pending => PoolKeyState::Pending,
        Condition::Healthy | Condition::Cooling | Condition::Drained | Condition::Suspect => {
            PoolKeyState::Healthy
        }
        Condition::Invalid => PoolKeyState::Invalid,
        Condition::Paused => PoolKeyState::Paused,
        Condition::Withdrawn => PoolKeyState::Withdrawn,
    }
}

impl ClientKeyFilter {
    pub(crate) fn stored(&self) -> client_keys::ClientKeyFilter {
        client_keys::ClientKeyFilter {
            user: self.user,
            state: self.state,
            name_has: self.q.clone(),
        }
    }
}

impl UsersFilter {
    pub(crate) fn stored(&self) -> UserFilter {
        UserFilter {
            name_has: self.q.clone(),
            role: self.role,
            enabled: self.enabled,
            up_to: None,
        }
    }
}
