//! What is wrong, who is to blame, and what can be done.

use potluck_filters::finding::{Action, Kind, Severity, Whose};
use potluck_filters::id::UserId;
use potluck_store::table::findings::FindingRow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MAX_PAGE;

/// Which findings are wanted.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingQuery {
    /// Open ones, resolved ones, or all; open ones when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<FindingState>,
    /// Of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The id that the page before ended with; absent begins with the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// 1 to 1000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl FindingQuery {
    /// The limit within its bounds.
    pub(crate) fn limit(&self) -> u32 {
        self.limit.unwrap_or(100).clamp(1, MAX_PAGE)
    }
}

/// Whether findings are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    /// They go on.
    #[default]
    Open,
    /// They are over.
    Resolved,
    /// Either.
    All,
}

/// A page of findings, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Findings {
    /// When it was looked last; `null`: never.
    pub checked_at: Option<i64>,
    /// The findings.
    pub items: Vec<Finding>,
    /// What `after` must be for the next page; `null` at the end.
    pub next: Option<i64>,
}

/// Something that is wrong, or was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Its id.
    pub id: i64,
    /// What kind of trouble.
    pub kind: Kind,
    /// What it is about: an upstream's name, `upstream/node`, an id.
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whose doing it is, as far as can be seen.
    pub whose: Whose,
    /// What is wrong and why.
    pub cause: String,
    /// What that was told from.
    pub evidence: Value,
    /// What can be done at once, the best first: calls of this API.
    pub actions: Vec<Action>,
    /// Since when.
    pub began_at: i64,
    /// When its words or its severity changed last.
    pub seen_at: i64,
    /// When it was over; `null` while it goes on.
    pub ended_at: Option<i64>,
    /// Who has taken note of it.
    pub acknowledged: Option<Acknowledged>,
}

/// That somebody has taken note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acknowledged {
    /// When.
    pub at: i64,
    /// Who; `null` is somebody with the operator's token, or at the machine.
    pub by: Option<UserId>,
    /// Until when it is to be quiet; `null`: until it is over.
    pub until: Option<i64>,
    /// What they said.
    pub note: Option<String>,
}

/// That one takes note of a finding.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledge {
    /// What there is to say to others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Until when it is to be quiet; absent: until it is over, or becomes worse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

impl From<FindingRow> for Finding {
    fn from(row: FindingRow) -> Self {
        let finding = row.finding;
        Self {
            id: row.id,
            kind: finding.kind,
            subject: finding.subject,
            severity: finding.severity,
            whose: finding.whose,
            cause: finding.cause,
            evidence: finding.evidence,
            actions: finding.actions,
            began_at: finding.since,
            seen_at: row.seen_at,
            ended_at: row.ended_at,
            acknowledged: row.acknowledged.map(|known| Acknowledged {
                at: known.at,
                by: known.by,
                until: known.until,
                note: known.note,
            }),
        }
    }
}
