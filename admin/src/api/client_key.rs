//! Client keys.

use potluck_filters::id::{ClientKeyId, Revision, UserId};
use potluck_filters::limit::Limit;
use potluck_filters::model::{ClientKeyState, Network};
use potluck_store::table::client_keys::ClientKeyRow;
use potluck_store::table::spent_days;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::patch::given;
use super::{Allowance, SecretText, Spent};
use crate::output::Revised;

/// A client key, without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClientKey {
    /// Its id.
    pub id: ClientKeyId,
    /// Its owner.
    pub user: UserId,
    /// Its owner's name for it.
    pub name: String,
    /// The last four characters of its text.
    pub hint: String,
    /// Whether it may be used; expiry is told by `expires_at`.
    pub state: ClientKeyState,
    /// Requests per 60 seconds; 0 is unlimited.
    pub rate_limit: u32,
    /// What counts for its requests, its owner's limit too; told of one key alone, not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<EffectiveLimit>,
    /// Requests in flight at once; `null` is unlimited, 0 allows nothing.
    pub concurrency: Option<u32>,
    /// Anlas that its requests may cost on a day (UTC); `null` is unlimited, 0 allows nothing.
    pub anlas_per_day: Option<u32>,
    /// What it has spent today (UTC).
    pub spent_today: Spent,
    /// When it stops working; `null` is never.
    pub expires_at: Option<i64>,
    /// Models it may ask for, `*` at the end matching any rest; `null` allows all.
    pub models: Option<Vec<String>>,
    /// Addresses it may come from; `null` allows all.
    pub addresses: Option<Vec<Network>>,
    /// When it was used last, to the minute; `null` where nobody knows of any use.
    #[serde(default)]
    pub last_used_at: Option<i64>,
    /// From how many programs, by what they call themselves, its text came in the last 24 hours.
    #[serde(default)]
    pub programs: u32,
    /// The text that it had before it was rotated, while that still works; `null` where none does.
    #[serde(default)]
    pub former: Option<FormerText>,
    /// When it was made.
    pub created_at: i64,
    /// When it was edited last.
    pub updated_at: i64,
    /// The change that touched it last.
    pub revision: Revision,
}

impl From<(ClientKeyRow, spent_days::Spent)> for ClientKey {
    fn from((row, spent): (ClientKeyRow, spent_days::Spent)) -> Self {
        let key = row.key;
        Self {
            id: key.id,
            user: key.user,
            name: row.name,
            hint: row.hint,
            state: key.state,
            rate_limit: at_most(key.rate_limit).unwrap_or(0),
            effective: None,
            concurrency: at_most(key.concurrency),
            anlas_per_day: at_most(key.anlas_per_day),
            spent_today: spent.into(),
            expires_at: key.expires_at,
            models: key
                .models
                .map(|models| models.iter().map(ToString::to_string).collect()),
            addresses: key.addresses.map(|addresses| addresses.to_vec()),
            last_used_at: None,
            programs: 0,
            former: None,
            created_at: row.created_at,
            updated_at: row.updated_at,
            revision: row.revision,
        }
    }
}

/// A text that a client key had before, and that still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FormerText {
    /// Since when the key has another one; `null` where that was not noted.
    pub since: Option<i64>,
    /// When it stops working.
    pub works_until: i64,
    /// When it was used last, to the minute; `null`: not since the key has another one.
    pub last_used_at: Option<i64>,
    /// From how many programs it came in the last 24 hours, since the key has another one.
    pub programs: u32,
}

/// The number of a limit, where there is one.
pub(super) fn at_most(limit: Limit) -> Option<u32> {
    match limit {
        Limit::Unlimited => None,
        Limit::AtMost(most) => Some(most),
    }
}

/// What counts for requests with a client key: its own limit, or its owner's, whichever is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EffectiveLimit {
    /// How many requests.
    pub limit: Allowance,
    /// Whether that is the key's own limit, and not its owner's.
    pub is_keys_own: bool,
}

/// A client key to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateClientKey {
    /// Its owner's name for it, 1 to 100 characters.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// Its owner; the first admin when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Requests per 60 seconds; 0 is unlimited.
    #[serde(default)]
    pub rate_limit: u32,
    /// Requests in flight at once; absent is unlimited, 0 allows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Anlas that its requests may cost on a day (UTC); absent is unlimited, 0 allows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anlas_per_day: Option<u32>,
    /// When it stops working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// Models it may ask for; absent allows all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
    /// Addresses it may come from; absent allows all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Vec<Network>>,
}

/// A client key that was just made. The only answer that has its text.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CreatedClientKey {
    /// The text, shown once; `null` when the request is sent again with the same `Idempotency-Key`.
    #[schemars(with = "Option<SecretText>")]
    pub text: SecretText,
    /// The key.
    pub key: ClientKey,
}

/// What an edit may switch a client key to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// May be used.
    Active,
    /// May not, until it is switched on again.
    Disabled,
}

/// What to edit of a client key.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditClientKey {
    /// Its owner's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// On or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Switch>,
    /// Requests per 60 seconds; 0 is unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<u32>,
    /// Requests in flight at once; `null` is unlimited.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Option<u32>>,
    /// Anlas that its requests may cost on a day (UTC); `null` is unlimited.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub anlas_per_day: Option<Option<u32>>,
    /// When it stops working; `null` is never.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Option<i64>>,
    /// Models it may ask for; `null` allows all.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub models: Option<Option<Vec<String>>>,
    /// Addresses it may come from; `null` allows all.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Option<Vec<Network>>>,
}

impl Revised for ClientKey {
    fn revision(&self) -> Option<Revision> {
        Some(self.revision)
    }
}
