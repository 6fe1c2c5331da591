//! Everything that is kept of a user.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClientKey, PersonalToken, PoolKey, Session, User};

/// Everything that is kept of a user, without secrets.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Export {
    /// When this was put together.
    pub exported_at: i64,
    /// The account.
    pub user: User,
    /// How many recovery codes are left.
    pub recovery_codes_left: i64,
    /// Logins that have not ended.
    pub sessions: Vec<Session>,
    /// Personal access tokens.
    pub tokens: Vec<PersonalToken>,
    /// Client keys, revoked ones too.
    pub keys: Vec<ClientKey>,
    /// Pool keys, withdrawn ones too.
    pub pool_keys: Vec<PoolKey>,
    /// Files, batches, responses and the like that upstreams keep.
    pub objects: Vec<ExportedObject>,
}

/// Something that an upstream keeps for a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedObject {
    /// The upstream.
    pub upstream: String,
    /// The upstream's id for it.
    pub id: String,
    /// `file`, `batch`, `response` and so on.
    pub kind: String,
    /// When it was made.
    pub created_at: i64,
}
