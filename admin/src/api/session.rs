//! Logging in, staying logged in, and what one is logged in as.

use potluck_filters::id::UserId;
use potluck_store::table::sessions::SessionRow;
use potluck_store::table::users::UserRole;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretText;

/// A login.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The user's name.
    pub name: String,
    /// Their password.
    pub password: SecretText,
    /// The code of their authenticator, or a recovery code, where they have a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<SecretText>,
    /// Whether tokens are kept in cookies, as a browser does, and not in the answer.
    #[serde(default)]
    pub cookies: bool,
}

/// A session to go on with.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The session's refresh token; absent where a cookie has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<SecretText>,
}

/// A session that has begun, or goes on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionTokens {
    /// Whose it is.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// The session's id.
    pub session: i64,
    /// Sent as `Authorization: Bearer …`. Absent where a cookie has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<SecretText>,
    /// When the access token ends.
    pub expires_at: i64,
    /// Gets the next access token, once. Absent where a cookie has it, or another request has just got the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<SecretText>,
    /// When the session ends, unless it is refreshed.
    pub session_expires_at: i64,
    /// Sent as `x-csrf-token` with each change. Only where cookies are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<SecretText>,
}

/// As whom one calls.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WhoAmI {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// The session; absent for a personal access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<i64>,
    /// What the personal access token is for; absent for a session, which may do what its user may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Sent as `x-csrf-token` with each change. Only where cookies are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<SecretText>,
    /// Whether logging in asks for a second factor.
    pub has_totp: bool,
}

/// A login on one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// Its id.
    pub id: i64,
    /// Whether this request belongs to it.
    pub current: bool,
    /// Whether a browser holds it.
    pub cookies: bool,
    /// The program that logged in, in its own words.
    pub agent: Option<String>,
    /// Where it logged in from.
    pub address: Option<String>,
    /// When it began.
    pub created_at: i64,
    /// When it was refreshed last.
    pub used_at: i64,
    /// When it ends, unless it is refreshed.
    pub expires_at: i64,
}

impl Session {
    pub(crate) fn of(row: SessionRow, current: Option<i64>) -> Self {
        Self {
            id: row.id,
            current: current == Some(row.id),
            cookies: row.cookies != 0,
            agent: row.agent,
            address: row.address,
            created_at: row.created_at,
            used_at: row.used_at,
            expires_at: row.expires_at,
        }
    }
}

/// A user's sessions, by id.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Sessions {
    /// All that have not ended.
    pub items: Vec<Session>,
}

/// How many sessions have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndedSessions {
    /// How many.
    pub ended: u64,
}
