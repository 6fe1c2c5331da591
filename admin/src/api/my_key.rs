//! Client keys, as their owners make and edit them.

use potluck_filters::model::Network;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::patch::given;
use super::{CreateClientKey, EditClientKey, Switch};

/// A client key of one's own, to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateMyKey {
    /// A name to know it by, 1 to 100 characters.
    pub name: String,
    /// Requests per 60 seconds, at most your own limit; 0 is as much as that.
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

impl From<CreateMyKey> for CreateClientKey {
    fn from(new: CreateMyKey) -> Self {
        Self {
            name: new.name,
            user: None,
            rate_limit: new.rate_limit,
            concurrency: new.concurrency,
            anlas_per_day: new.anlas_per_day,
            expires_at: new.expires_at,
            models: new.models,
            addresses: new.addresses,
        }
    }
}

/// What to edit of a client key of one's own.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditMyKey {
    /// A name to know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// On or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Switch>,
    /// Requests per 60 seconds, at most your own limit; 0 is as much as that.
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

impl From<EditMyKey> for EditClientKey {
    fn from(edit: EditMyKey) -> Self {
        Self {
            name: edit.name,
            state: edit.state,
            rate_limit: edit.rate_limit,
            concurrency: edit.concurrency,
            anlas_per_day: edit.anlas_per_day,
            expires_at: edit.expires_at,
            models: edit.models,
            addresses: edit.addresses,
        }
    }
}

/// How to rotate a client key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateKey {
    /// Seconds for which its old text still works, at most 604800 (a week); 0 or absent ends it at once.
    #[serde(default)]
    pub old_lives: u32,
}
