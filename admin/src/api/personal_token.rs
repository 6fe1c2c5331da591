//! Personal access tokens.

use potluck_store::table::personal_tokens::PersonalTokenRow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretText;

/// A token of a user's own, for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonalToken {
    /// Its id.
    pub id: i64,
    /// Its owner's name for it.
    pub name: String,
    /// The last four characters of its text.
    pub hint: String,
    /// What it may do: `keys:read`, `keys:write` and so on, and `admin` to do it as an admin.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: i64,
    /// When it stops working; `null` is never.
    pub expires_at: Option<i64>,
    /// When it was used last, to about a minute.
    pub used_at: Option<i64>,
}

impl From<PersonalTokenRow> for PersonalToken {
    fn from(row: PersonalTokenRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            hint: row.hint,
            scopes: row.scopes,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
        }
    }
}

/// A token to be made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePersonalToken {
    /// Its owner's name for it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it stops working; absent is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

/// A token that was made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CreatedPersonalToken {
    /// What programs send as `Authorization: Bearer …`. Shown this once.
    #[schemars(with = "Option<SecretText>")]
    pub text: SecretText,
    /// All else of it.
    pub token: PersonalToken,
}
