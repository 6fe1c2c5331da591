//! Who may send requests: users and their client keys.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Network;
use crate::id::{ClientKeyId, UserId};
use crate::limit::{Contribution, Limit, LimitRule};

/// SHA-256 of a whole client key. A client key is long and random, so no slow hash is needed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyHash(pub [u8; 32]);

impl Hash for KeyHash {
    /// A part of a digest is as good a hash as all of it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
    }
}

impl KeyHash {
    /// Hashes the key as the client sent it.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }
}

impl std::fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

/// What has been decided about a client key by people (expiry is told by the clock).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientKeyState {
    /// May be used.
    Active,
    /// Switched off, can be switched on again.
    Disabled,
    /// Deleted for ever; kept so that its user is told "revoked" and not "unknown".
    Revoked,
}

/// A client key as the edge needs it. The key's text exists nowhere but at its owner.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientKey {
    /// Row id; names the key's windows across reloads.
    pub id: ClientKeyId,
    /// Its owner.
    pub user: UserId,
    /// How it is found.
    pub hash: KeyHash,
    /// Usable or not.
    pub state: ClientKeyState,
    /// When it stops working, in milliseconds since the Unix epoch.
    pub expires_at: Option<i64>,
    /// Requests per 60 seconds.
    pub rate_limit: Limit,
    /// Requests in flight at once.
    pub concurrency: Limit,
    /// Anlas its requests may cost on a day (UTC).
    pub anlas_per_day: Limit,
    /// Models it may ask for; `None` allows all, an empty list none. `*` at the end matches any rest.
    pub models: Option<Arc<[Box<str>]>>,
    /// Addresses it may come from; `None` allows all.
    pub addresses: Option<Arc<[Network]>>,
}

/// A text that a client key had before it was rotated. It leads to the same key, with the same limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormerText {
    /// How it is found.
    pub hash: KeyHash,
    /// The hash of the text that the key has now.
    pub now: KeyHash,
    /// Until when it still works, in milliseconds since the Unix epoch.
    pub until: i64,
}

/// A user as the edge needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// Row id; names the user's windows across reloads.
    pub id: UserId,
    /// A disabled user's keys are refused.
    pub enabled: bool,
    /// Whether they run this relay (an admin): nothing need be contributed.
    pub operator: bool,
    /// How many requests per 60 seconds over all the user's keys; `None`: as for all.
    pub limit: Option<LimitRule>,
    /// What of theirs others can use.
    pub contribution: Contribution,
    /// Weight in the queue: how many pool keys that others can use the user has brought. All with 0
    /// share the weight of one.
    pub weight: u32,
}

impl User {
    /// A user who has brought nothing and is under the rule for all.
    #[must_use]
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            enabled: true,
            operator: false,
            limit: None,
            contribution: Contribution::default(),
            weight: 0,
        }
    }
}
