//! Users.

use potluck_filters::id::{Revision, UserId};
use potluck_filters::limit::LimitRule;
use potluck_store::table::users::{UserRole, UserRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretText;
use super::client_key::at_most;

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
    /// When they were made.
    pub created_at: i64,
    /// The change that touched them last.
    pub revision: Revision,
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
