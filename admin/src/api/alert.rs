//! Who is told of findings.

use potluck_filters::finding::{Kind, Severity};
use potluck_filters::id::Revision;
use potluck_store::table::alerts::{AlertEvent, AlertTargetRow, DeliveryRow, DeliveryState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::patch::given;
use super::{Hours, SecretText};
use crate::output::Revised;

/// A webhook that is told of findings, without its secret and without all but the host of its URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertTarget {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Scheme and host of its URL.
    pub place: String,
    /// The kinds of findings that it is told of; `null`: all.
    pub kinds: Option<Vec<Kind>>,
    /// Findings that are less bad are not told.
    pub min_severity: Severity,
    /// The hours in which only what is critical is told; the rest comes as one message afterwards. `null`: none.
    pub quiet: Option<Hours>,
    /// Whether it may be on a private network, or reached without TLS.
    pub allow_private: bool,
    /// Whether it is told anything.
    pub enabled: bool,
    /// Id of the key that URL and secret are sealed with.
    pub key_id: String,
    /// When it was added.
    pub created_at: i64,
    /// The change that touched it last.
    pub revision: Revision,
}

/// A webhook to be told of findings.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddAlertTarget {
    /// Its name.
    pub name: String,
    /// Where messages are posted: https, and not inside, unless `allow_private` is set.
    pub url: SecretText,
    /// What messages are signed with, 16 to 256 characters; absent: a fresh one, shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretText>,
    /// The kinds of findings to tell of; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<Kind>>,
    /// Findings that are less bad are not told; absent: `warning`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_severity: Option<Severity>,
    /// The hours in which only what is critical is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Hours>,
    /// Whether it may be on a private network or this machine, or reached without TLS.
    #[serde(default)]
    pub allow_private: bool,
    /// Whether it is told anything; absent: yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// What to edit of a webhook. An absent field stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditAlertTarget {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where messages are posted. With another host the secret must be given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<SecretText>,
    /// What messages are signed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretText>,
    /// The kinds of findings to tell of; `null`: all.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Option<Vec<Kind>>>,
    /// Findings that are less bad are not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_severity: Option<Severity>,
    /// The hours in which only what is critical is told; `null`: none.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Option<Hours>>,
    /// Whether it may be on a private network or this machine, or reached without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_private: Option<bool>,
    /// Whether it is told anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// A webhook that was added.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddedAlertTarget {
    /// What messages are signed with. Shown this once.
    #[schemars(with = "Option<SecretText>")]
    pub secret: SecretText,
    /// All else of it.
    pub target: AlertTarget,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertDelivery {
    /// Its id, which receivers are told, too.
    pub id: i64,
    /// What it is about.
    pub event: AlertEvent,
    /// About which finding.
    pub finding: Option<i64>,
    /// When it was made.
    pub created_at: i64,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_at: Option<i64>,
    /// When it was tried last.
    pub last_at: Option<i64>,
    /// The last answer's status.
    pub status: Option<u16>,
    /// What was wrong the last time.
    pub error: Option<String>,
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertTested {
    /// Whether the message was taken.
    pub delivered: bool,
    /// The answer's status, where one came.
    pub status: Option<u16>,
    /// What was wrong.
    pub error: Option<String>,
}

impl From<AlertTargetRow> for AlertTarget {
    fn from(row: AlertTargetRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            place: row.place,
            kinds: row.wish.kinds,
            min_severity: row.wish.min_severity,
            quiet: row.wish.quiet.and_then(Hours::of),
            allow_private: row.allow_private,
            enabled: row.enabled,
            key_id: row.key_id,
            created_at: row.created_at,
            revision: row.revision,
        }
    }
}

impl From<DeliveryRow> for AlertDelivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.id,
            event: row.event,
            finding: row.finding,
            created_at: row.created_at,
            state: row.state,
            attempts: row.attempts,
            next_at: row.next_at,
            last_at: row.last_at,
            status: row.status,
            error: row.error,
        }
    }
}

impl Revised for AlertTarget {
    fn revision(&self) -> Option<Revision> {
        Some(self.revision)
    }
}
