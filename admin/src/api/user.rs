//! Users.

use potluck_filters::id::{Revision, UserId};
use potluck_filters::limit::LimitRule;
use potluck_store::table::users::{UserRole, UserRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretText;
use super::client_key::at_most;
use crate::output::Revised;

/// A user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Unique.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// A disabled user's keys are refused.
    pub enabled: bool,
    /// Requests per 60 seconds over all their keys, where they have a number of their own; `null` is unlimited, 0
    /// allows nothing.
    pub rate_limit: Option<u32>,
    /// Whether a password is set.
    pub has_password: bool,
    /// Whether logging in asks for a second factor.
    pub has_totp: bool,
    /// When they were made.
    pub created_at: i64,
    /// The change that touched them last.
    pub revision: Revision,
}

impl Revised for User {
    fn revision(&self) -> Option<Revision> {
        Some(self.revision)
    }
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.user.id,
            name: row.name,
            role: row.role,
            enabled: row.user.enabled,
            rate_limit: match row.user.limit {
                Some(LimitRule::Manual(limit)) => at_most(limit),
                Some(LimitRule::Auto) | None => None,
            },
            has_password: row.has_password,
            has_totp: row.has_totp,
            created_at: row.created_at,
            revision: row.revision,
        }
    }
}

/// A user to be made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    #[schemars(regex(pattern = r"^[a-z0-9._@+-]{1,64}$"))]
    /// Unique; 1 to 64 of `a-z`, `0-9` and `. _ @ + -`.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// At least 12 characters; without one nobody can log in as this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretText>,
    /// Requests per 60 seconds over all their keys; absent is as for all, 0 allows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<u32>,
}

/// What may be changed of a user. Absent stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditUser {
    /// Unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<UserRole>,
    /// A disabled user's keys are refused, and their sessions end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Which users.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserQuery {
    /// The id that the page before ended with; 0 or absent begins.
    #[serde(default)]
    pub after: i64,
    /// 1 to 1000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Part of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Of this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<UserRole>,
    /// Switched on, or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Only those that fit of these: 1 to 100 ids with commas between, whatever `after` and `limit` say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<String>,
}
