//! The audit log.

use potluck_store::table::audit::{ActorKind, AuditFilter, AuditRow, Broken, Fault, Verified};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MAX_PAGE;

/// An entry: who did what to whom, from where, and what that changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// Counted from 1 without a gap.
    pub id: i64,
    /// When it was done.
    pub at: i64,
    /// What whoever did it is.
    pub actor_kind: ActorKind,
    /// Their id, if they are a user.
    pub actor_id: Option<i64>,
    /// What they were called then.
    pub actor_name: String,
    /// The address they came from; `null` over the control socket and for jobs.
    pub address: Option<String>,
    /// What was done: the kind of thing, a dot, a verb.
    pub act: String,
    /// The kind of thing that it was done to.
    pub object_kind: String,
    /// Its id, where it has one.
    pub object_id: Option<i64>,
    /// What it was called then.
    pub object_name: String,
    /// What it was before, as far as that changed; never a secret.
    pub before: Option<Value>,
    /// What it was afterwards, as far as that changed; never a secret.
    pub after: Option<Value>,
    /// The request that asked for it, as the log of the relay names it.
    pub request_id: Option<String>,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            id: row.id,
            at: row.at,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            actor_name: row.actor_name,
            address: row.address,
            act: row.act,
            object_kind: row.object_kind,
            object_id: row.object_id,
            object_name: row.object_name,
            before: json(row.before),
            after: json(row.after),
            request_id: row.request_id,
        }
    }
}

/// Which entries are wanted, the newest first; what is absent does not matter.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// The id that the page before ended with; absent begins with the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// 1 to 1000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Done by this kind of actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_kind: Option<ActorKind>,
    /// Done by the user with this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<i64>,
    /// This act; with a dot at its end all acts of that kind of thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
    /// Done to this kind of thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_kind: Option<String>,
    /// Done to the one with this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<i64>,
    /// At this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// Where this stands in the act or in a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

impl AuditQuery {
    /// The limit within its bounds.
    pub(crate) fn limit(&self) -> u32 {
        self.limit.unwrap_or(100).clamp(1, MAX_PAGE)
    }

    pub(crate) fn filter(&self) -> AuditFilter {
        AuditFilter {
            actor_kind: self.actor_kind,
            actor_id: self.actor,
            act: self.act.clone(),
            object_kind: self.object_kind.clone(),
            object_id: self.object,
            from: self.from,
            to: self.to,
            text: self.q.clone().filter(|text| !text.is_empty()),
        }
    }
}

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditFormat {
    /// One JSON object a line.
    #[default]
    Ndjson,
    /// Comma-separated values with a line of names; cells that a spreadsheet would compute begin with `'`.
    Csv,
}

/// Which entries are exported, the oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportAudit {
    /// `ndjson` when absent.
    #[serde(default)]
    pub format: AuditFormat,
    /// At this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// This act; with a dot at its end all acts of that kind of thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
}

impl From<ExportAudit> for AuditQuery {
    fn from(export: ExportAudit) -> Self {
        Self {
            from: export.from,
            to: export.to,
            act: export.act,
            ..Self::default()
        }
    }
}

/// What stands for the whole log at one time. Kept elsewhere, it shows later whether the log still has all that it
/// had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditHead {
    /// The database that the log is of.
    pub epoch: String,
    /// How many entries there are.
    pub entries: i64,
    /// What holds them together, as 64 hexadecimal digits.
    pub mac: String,
}

impl From<potluck_store::table::audit::AuditHead> for AuditHead {
    fn from(head: potluck_store::table::audit::AuditHead) -> Self {
        Self {
            epoch: head.epoch,
            entries: head.entries,
            mac: head.mac.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

impl AuditHead {
    /// The mac's bytes; `None` where its text is none.
    pub(crate) fn mac_bytes(&self) -> Option<[u8; 32]> {
        let digits = self.mac.as_bytes();
        let digit = |digit: u8| {
            char::from(digit)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        let bytes = digits.chunks(2).map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        });
        bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
    }
}

/// What the log is to be held against.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyAudit {
    /// A head that was kept; without one only changes inside the log are noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<AuditHead>,
}

/// What came of a walk over the whole log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditVerified {
    /// Whether the log is what was written.
    pub ok: bool,
    /// Entries that are right, from the first on.
    pub entries: i64,
    /// Where it is broken first.
    pub broken: Option<AuditBroken>,
}

/// Where the log is broken first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditBroken {
    /// The first entry that is not right.
    pub entry: i64,
    /// What is wrong with it.
    pub fault: Fault,
}

impl From<Verified> for AuditVerified {
    fn from(verified: Verified) -> Self {
        let broken = verified
            .broken
            .map(|Broken { entry, fault }| AuditBroken { entry, fault });
        Self {
            ok: broken.is_none(),
            entries: verified.entries,
            broken,
        }
    }
}
