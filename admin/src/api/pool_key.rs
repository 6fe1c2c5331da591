//! Pool keys.

use potluck_filters::id::{PoolKeyId, Revision, UserId};
use potluck_filters::model::PoolKeyState;
use potluck_store::table::pool_keys::{CredentialKind, PoolKeyRow};
use potluck_store::table::spent_days;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::patch::given;
use super::{Account, Caps, Credit, EditCaps, Hold, SecretText, Spent, Standing};
use crate::control::ProxyNames;
use crate::output::Revised;

/// A pool key, without its credential, which is never shown again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PoolKey {
    /// Its id.
    pub id: PoolKeyId,
    /// The upstream's name.
    pub upstream: String,
    /// Who brought it.
    pub contributor: UserId,
    /// Their name; `null` where their account is gone.
    #[serde(default)]
    pub contributor_name: Option<String>,
    /// Its contributor's name for it; may be empty.
    pub label: String,
    /// What its credential is: a token, or a username and a password.
    pub kind: CredentialKind,
    /// How it is.
    pub state: PoolKeyState,
    /// Why, in a stable word, where there is something to say.
    pub state_reason: Option<String>,
    /// What the relay has learned of it, with what an edge knows besides.
    pub standing: Standing,
    /// Who or what holds it back.
    pub holds: Vec<Hold>,
    /// What the last probe said of its account; `null` before the first.
    pub account: Option<Account>,
    /// What is left behind it and where that is from; `null` where its upstream is not asked, or was not yet.
    #[serde(default)]
    pub credit: Option<Credit>,
    /// What its contributor allows.
    pub caps: Caps,
    /// Names of the outbound proxies that it leaves through, in place of its upstream's; empty: none.
    #[serde(default)]
    pub egress: Option<Vec<String>>,
    /// What was spent on it today (UTC).
    pub spent_today: Spent,
    /// Probes in a row that came to nothing.
    pub probe_streak: u32,
    /// When it is probed next; a time that is past: as soon as can be.
    pub next_probe_at: Option<i64>,
    /// When the token of a login expires; `null` for a token, and before the first login.
    pub token_expires_at: Option<i64>,
    /// The `host:port` origins it may be sent to.
    pub origins: Vec<String>,
    /// Requests in flight at once; `null` takes the upstream's setting.
    pub concurrency: Option<u32>,
    /// Id of the key it is sealed with; `null` once withdrawn.
    pub key_id: Option<String>,
    /// When it was brought.
    pub created_at: i64,
    /// When it was withdrawn.
    pub withdrawn_at: Option<i64>,
    /// The change that touched it last.
    pub revision: Revision,
}

/// What is told of a pool key besides its row.
pub(crate) struct Besides<'n> {
    pub(crate) spent: spent_days::Spent,
    pub(crate) proxies: &'n ProxyNames,
    pub(crate) contributor: Option<String>,
    pub(crate) standing: Standing,
    pub(crate) holds: Vec<Hold>,
}

impl From<(PoolKeyRow, Besides<'_>)> for PoolKey {
    fn from((row, besides): (PoolKeyRow, Besides<'_>)) -> Self {
        Self {
            id: row.id,
            upstream: row.upstream,
            contributor: row.contributor,
            contributor_name: besides.contributor,
            label: row.label,
            kind: row.kind,
            state: row.state,
            state_reason: row.state_reason,
            standing: besides.standing,
            holds: besides.holds,
            account: row.account.map(Into::into),
            credit: Credit::of(row.credit, row.credit_at),
            caps: row.caps.into(),
            egress: row.egress.map(|list| besides.proxies.of(&list)),
            spent_today: besides.spent.into(),
            probe_streak: row.probe_streak,
            next_probe_at: row.next_probe_at,
            token_expires_at: row.token_expires_at,
            origins: row.origins.iter().map(ToString::to_string).collect(),
            concurrency: row.concurrency,
            key_id: row.key_id,
            created_at: row.created_at,
            withdrawn_at: row.withdrawn_at,
            revision: row.revision,
        }
    }
}

/// A pool key to be added: either `credential`, or `username` and `password`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPoolKey {
    /// The upstream's name.
    pub upstream: String,
    /// A token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<SecretText>,
    /// The username (mostly an e-mail address) of an account that the relay logs in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<SecretText>,
    /// The password of that account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretText>,
    /// Who brings it; the first admin when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor: Option<UserId>,
    /// Its contributor's name for it, at most 100 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// The origins it may be sent to, each one of the upstream's; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origins: Option<Vec<String>>,
    /// Requests in flight at once; absent takes the upstream's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// What its contributor allows; everything when absent.
    #[serde(default)]
    pub caps: Caps,
}

/// Many pool keys to be added on the same terms.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportPoolKeys {
    /// The upstream's name.
    pub upstream: String,
    /// One credential each. Empty lines and those that begin with `#` are passed over.
    pub lines: Vec<SecretText>,
    /// Who brings them; the first admin when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor: Option<UserId>,
    /// Their contributor's name for all of them, at most 100 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// The origins they may be sent to, each one of the upstream's; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origins: Option<Vec<String>>,
    /// Requests in flight at once on each; absent takes the upstream's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// What their contributor allows; everything when absent.
    #[serde(default)]
    pub caps: Caps,
}

/// What became of an import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Imported {
    /// How many are in the pool now that were not before.
    pub added: usize,
    /// How many were there already, or stood in the import before.
    pub duplicate: usize,
    /// How many cannot be credentials.
    pub invalid: usize,
    /// Each line that was not passed over.
    pub lines: Vec<LineResult>,
}

/// What became of one line. Never says anything of its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineResult {
    /// Counted from 1.
    pub line: usize,
    /// What became of it.
    #[serde(flatten)]
    pub result: WhatBecame,
}

/// What became of a credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum WhatBecame {
    /// It is in the pool now.
    Added {
        /// Its id.
        id: PoolKeyId,
    },
    /// It was there already.
    Duplicate,
    /// It cannot be a credential.
    Invalid {
        /// Why not.
        why: String,
    },
}

/// What an edit may switch a pool key to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolSwitch {
    /// May serve; one that was held back shows first that it works.
    Active,
    /// Held back, until it is switched on again.
    Paused,
}

/// What to edit of a pool key.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditPoolKey {
    /// Its contributor's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Serving or held back. Nobody lifts what a member has held back but that member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PoolSwitch>,
    /// Why it is held back, for its contributor; at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Requests in flight at once; `null` takes the upstream's setting.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Option<u32>>,
    /// What its contributor allows; `null` allows everything. Of a member's key the member alone says that.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub caps: Option<Option<EditCaps>>,
    /// Names of the outbound proxies that it leaves through; `null`: as its upstream, an empty list: none.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub egress: Option<Option<Vec<String>>>,
}

/// Which pool keys to look at anew. Paused and withdrawn ones are left alone.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckPoolKeys {
    /// Only those of this upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// Only those in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PoolKeyState>,
}

/// What came of asking for a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Checked {
    /// Pool keys that are to be looked at now.
    pub due: u64,
    /// What their `next_probe_at` is until they have been.
    pub at: i64,
}

impl Revised for PoolKey {
    fn revision(&self) -> Option<Revision> {
        Some(self.revision)
    }
}
