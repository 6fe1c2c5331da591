//! Calls that take long.

use potluck_filters::id::PoolKeyId;
use potluck_store::table::jobs;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Items are still open.
    Running,
    /// All items are decided.
    Done,
    /// It ended early, by a fault.
    Failed,
    /// It ended early, because somebody wanted that.
    Cancelled,
}

impl From<jobs::JobState> for JobState {
    fn from(state: jobs::JobState) -> Self {
        match state {
            jobs::JobState::Running => Self::Running,
            jobs::JobState::Done => Self::Done,
            jobs::JobState::Failed => Self::Failed,
            jobs::JobState::Cancelled => Self::Cancelled,
        }
    }
}

/// Pool keys that were brought together, and what becomes of each line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImportJob {
    /// Its id.
    pub id: i64,
    /// How it is.
    pub state: JobState,
    /// When it was begun.
    pub created_at: i64,
    /// When the last line was decided.
    pub ended_at: Option<i64>,
    /// How many lines there are, without those that were passed over.
    pub total: u32,
    /// How many of them are decided.
    pub done: u32,
    /// Each of them, in lists of jobs none.
    pub lines: Vec<ImportLine>,
}

/// What became of one line. Never says anything of its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImportLine {
    /// Counted from 1.
    pub line: i64,
    /// What became of it.
    pub state: LineState,
    /// The pool key that came of it.
    pub pool_key: Option<PoolKeyId>,
    /// Why it is refused, in a stable word, or why it cannot be a credential, in a sentence.
    pub why: Option<String>,
}

/// What became of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// It is in the pool, and is being looked at.
    Added,
    /// It works.
    Verified,
    /// Its upstream refuses it, or its account is in the pool already.
    Refused,
    /// It was there already.
    Duplicate,
    /// It cannot be a credential.
    Invalid,
    /// It was taken out before it was looked at.
    Withdrawn,
}

impl LineState {
    /// Whether nothing more comes of it.
    pub(crate) fn is_decided(self) -> bool {
        match self {
            Self::Added => false,
            Self::Verified | Self::Refused | Self::Duplicate | Self::Invalid | Self::Withdrawn => true,
        }
    }

    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Verified => "verified",
            Self::Refused => "refused",
            Self::Duplicate => "duplicate",
            Self::Invalid => "invalid",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [
            Self::Added,
            Self::Verified,
            Self::Refused,
            Self::Duplicate,
            Self::Invalid,
            Self::Withdrawn,
        ]
        .into_iter()
        .find(|state| state.as_str() == word)
    }
}
