//! How things fared over time.

use potluck_filters::history::{Doer, Segment, Share, State};
use potluck_filters::id::{PoolKeyId, UserId};
use potluck_store::table::state_changes::StateChangeRow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MAX_PAGE;

/// Which time, in how many parts, and which page of the changes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// From this time on; a day before `to` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Before this time; now when absent or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// Parts of the strip, 1 to 400; 96 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<u32>,
    /// Of an outbound proxy: on the way to this upstream alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// The id that the page of changes before ended with; absent begins with the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// Changes on a page, 1 to 1000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl HistoryQuery {
    /// The limit within its bounds.
    pub(crate) fn limit(&self) -> u32 {
        self.limit.unwrap_or(100).clamp(1, MAX_PAGE)
    }
}

/// How one thing fared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// From when the strips are.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// When somebody looked last; `null`: never.
    pub checked_at: Option<i64>,
    /// Its strip; an outbound proxy has one for each upstream that it was used for. Empty: nothing is known.
    pub parts: Vec<HistoryPart>,
    /// Its changes, the newest first, whatever the range of the strips.
    pub changes: Vec<StateChange>,
    /// What `after` must be for the next page of changes; `null` at the end.
    pub next: Option<i64>,
}

/// One strip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryPart {
    /// The upstream's name.
    pub upstream: String,
    /// How it is now, as far as it is known.
    pub state: State,
    /// Since when.
    pub since: i64,
    /// How long it was in which state in the whole range, the longest first.
    pub spent: Vec<Share>,
    /// The share of the time that was checked in which it was healthy, 0 to 1; `null` where none was checked.
    pub healthy: Option<f64>,
    /// The parts of the range, one after the other.
    pub segments: Vec<Segment>,
}

/// Of which pool keys, and which time in how many parts.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoriesQuery {
    /// Ids of pool keys with commas between, 1 to 100 of them.
    pub ids: String,
    /// From this time on; a day before `to` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Before this time; now when absent or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// Parts of each strip, 1 to 400; 96 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<u32>,
}

/// How several pool keys fared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Histories {
    /// From when the strips are.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// When somebody looked last; `null`: never.
    pub checked_at: Option<i64>,
    /// Those of which something is known, in the order of the question.
    pub items: Vec<PoolKeyStrip>,
}

/// A pool key's strip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PoolKeyStrip {
    /// The key.
    pub pool_key: PoolKeyId,
    /// How it fared.
    pub strip: HistoryPart,
}

/// From one state to another; or, where it went to and fro, all of that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StateChange {
    /// Its id.
    pub id: i64,
    /// The upstream's name.
    pub upstream: String,
    /// When it began.
    pub at: i64,
    /// When it was over: `at`, unless it went to and fro.
    pub until: i64,
    /// The state before; `null` for the first that is known.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// How many changes these are.
    pub times: u32,
    /// Where there are several: how long it was in which state meanwhile.
    pub spent: Vec<Share>,
    /// By whose doing.
    pub by: DoneBy,
    /// The user, where it was one and the caller may know.
    pub by_user: Option<UserId>,
    /// Why, as a stable word or the name of the judge's rule.
    pub reason: Option<String>,
    /// What was seen.
    pub evidence: Option<Value>,
}

/// By whose doing something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoneBy {
    /// A request, or many.
    Traffic,
    /// A probe or a check.
    Probe,
    /// The relay itself: a rest was over, or it began to look.
    Relay,
    /// Somebody.
    Person,
}

impl From<StateChangeRow> for StateChange {
    fn from(row: StateChangeRow) -> Self {
        let passage = row.passage;
        let (by, by_user) = match passage.why.by {
            Doer::Traffic => (DoneBy::Traffic, None),
            Doer::Probe => (DoneBy::Probe, None),
            Doer::Relay => (DoneBy::Relay, None),
            Doer::Person(user) => (DoneBy::Person, user),
        };
        Self {
            id: row.id,
            upstream: row.subject.upstream,
            at: passage.at,
            until: passage.until,
            from: passage.from,
            to: passage.to,
            times: passage.times,
            spent: passage.spent,
            by,
            by_user,
            reason: passage.why.reason,
            evidence: Some(passage.why.evidence).filter(|evidence| !evidence.is_null()),
        }
    }
}
