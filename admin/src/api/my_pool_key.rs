//! Pool keys, as their contributors bring, see and edit them.

use potluck_filters::id::{PoolKeyId, Revision};
use potluck_filters::model::Kind;
use potluck_store::table::pool_keys::CredentialKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Account, Caps, Credit, EditCaps, Hold, PoolKey, PoolSwitch, SecretText, Spent, Standing};
use crate::output::Revised;

/// A pool key of one's own, without its credential, which is never shown again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MyPoolKey {
    /// Its id.
    pub id: PoolKeyId,
    /// The upstream's name.
    pub upstream: String,
    /// Your name for it; may be empty.
    pub label: String,
    /// What its credential is: a token, or a username and a password.
    pub kind: CredentialKind,
    /// What the relay has learned of it.
    pub standing: Standing,
    /// What holds it back.
    pub holds: Vec<Hold>,
    /// What the last look said of its account; `null` before the first.
    pub account: Option<Account>,
    /// What is left behind it and where that is from; `null` where its upstream is not asked, or was not yet.
    pub credit: Option<Credit>,
    /// What you allow.
    pub caps: Caps,
    /// What was spent on it today (UTC).
    pub spent_today: Spent,
    /// The `host:port` origins it may be sent to.
    pub origins: Vec<String>,
    /// When you brought it.
    pub created_at: i64,
    /// When it was withdrawn.
    pub withdrawn_at: Option<i64>,
    /// The change that touched it last.
    pub revision: Revision,
}

impl From<PoolKey> for MyPoolKey {
    /// Which admin holds it back is not for members.
    fn from(key: PoolKey) -> Self {
        let holds = key.holds.into_iter().map(|hold| Hold { admin: None, ..hold });
        Self {
            id: key.id,
            upstream: key.upstream,
            label: key.label,
            kind: key.kind,
            standing: key.standing,
            holds: holds.collect(),
            account: key.account,
            credit: key.credit,
            caps: key.caps,
            spent_today: key.spent_today,
            origins: key.origins,
            created_at: key.created_at,
            withdrawn_at: key.withdrawn_at,
            revision: key.revision,
        }
    }
}

impl Revised for MyPoolKey {
    fn revision(&self) -> Option<Revision> {
        Some(self.revision)
    }
}

/// A pool key of one's own, to be brought: either `credential`, or `username` and `password`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddMyPoolKey {
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
    /// Your name for it, at most 100 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What you allow. Absent: on a `novelai` upstream only what costs you nothing, elsewhere everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<Caps>,
    /// That you have read what you risk: `GET /manage/v1/contribution-notice`. Needed.
    #[serde(default)]
    pub accepted_risk: bool,
}

/// Many pool keys of one's own, to be brought on the same terms.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportMyPoolKeys {
    /// The upstream's name.
    pub upstream: String,
    /// One credential each. Empty lines and those that begin with `#` are passed over.
    pub lines: Vec<SecretText>,
    /// Your name for all of them, at most 100 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What you allow. Absent: on a `novelai` upstream only what costs you nothing, elsewhere everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<Caps>,
    /// That you have read what you risk: `GET /manage/v1/contribution-notice`. Needed.
    #[serde(default)]
    pub accepted_risk: bool,
}

/// What to edit of a pool key of one's own.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditMyPoolKey {
    /// Your name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Serving or held back by you.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PoolSwitch>,
    /// What you allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<EditCaps>,
}

/// An upstream that pool keys of members may serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MyUpstream {
    /// Its name.
    pub name: String,
    /// What it speaks.
    pub kind: Kind,
    /// Whether a username and a password may be brought in place of a token.
    pub logins: bool,
}

/// Upstreams that pool keys of members may serve, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MyUpstreams {
    /// All of them.
    pub items: Vec<MyUpstream>,
}

/// What contributors are told of what they risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContributionNotice {
    /// Counts up when the text changes.
    pub version: u32,
    /// In plain words.
    pub text: String,
}

/// In which language.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeQuery {
    /// English when absent.
    #[serde(default)]
    pub language: NoticeLanguage,
}

/// A language that the notice is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLanguage {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
    /// Vietnamese.
    Vi,
}

/// Which days.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DaysQuery {
    /// The first day (UTC), such as `2026-11-01`; absent: 30 days before the last.
    #[serde(default)]
    pub from: Option<String>,
    /// The last day (UTC); absent: today.
    #[serde(default)]
    pub to: Option<String>,
}

/// What a pool key served on a day. Days on which it served nothing are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServedDay {
    /// The day (UTC), such as `2026-11-21`.
    pub day: String,
    /// Requests that were served.
    pub requests: u64,
    /// Anlas that they cost, as estimated.
    pub anlas: u64,
}

/// What a pool key served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Served {
    /// Day by day.
    pub days: Vec<ServedDay>,
    /// All of them together.
    pub total: Spent,
}
