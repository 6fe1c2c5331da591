//! Registering, and invitations to do so.

use potluck_filters::id::UserId;
use potluck_store::table::invitations::InvitationRow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretText;

/// Who may register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Everybody.
    Open,
    /// Who was invited.
    #[default]
    Invitation,
    /// Nobody; admins make accounts.
    Closed,
}

/// An account for oneself.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Unique; 1 to 64 of `a-z`, `0-9` and `. _ @ + -`.
    pub name: String,
    /// The password.
    pub password: SecretText,
    /// An invitation's text, where one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<SecretText>,
}

/// An account that was registered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Registered {
    /// Its id.
    pub id: UserId,
    /// Its name.
    pub name: String,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Invitation {
    /// Its id.
    pub id: i64,
    /// The last four characters of its text.
    pub hint: String,
    /// Whom it is for.
    pub note: String,
    /// The admin who made it; `null` for the operator.
    pub created_by: Option<UserId>,
    /// How many may register with it.
    pub uses: u32,
    /// How many have.
    pub used: u32,
    /// When it was made.
    pub created_at: i64,
    /// When it stops working.
    pub expires_at: i64,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
}

impl From<InvitationRow> for Invitation {
    fn from(row: InvitationRow) -> Self {
        Self {
            id: row.id,
            hint: row.hint,
            note: row.note,
            created_by: row.created_by,
            uses: row.uses,
            used: row.used,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// An invitation to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvitation {
    /// Whom it is for; may be empty.
    #[serde(default)]
    pub note: String,
    /// How many may register with it, 1 to 1000; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// When it stops working, within a year; in 7 days when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

/// An invitation that was made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CreatedInvitation {
    /// What is sent with the registration. Shown this once.
    #[schemars(with = "Option<SecretText>")]
    pub text: SecretText,
    /// All else of it.
    pub invitation: Invitation,
}
