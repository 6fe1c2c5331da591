//! Calls that take long.

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_store::table::jobs;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// A member's pool keys are brought, and looked at.
    ImportPoolKeys,
    /// Something is done to many pool keys.
    BulkPoolKeys,
    /// Something is done to many client keys.
    BulkClientKeys,
    /// Something is done to many users.
    BulkUsers,
}

impl JobKind {
    /// Each of them.
    const ALL: [Self; 4] = [
        Self::ImportPoolKeys,
        Self::BulkPoolKeys,
        Self::BulkClientKeys,
        Self::BulkUsers,
    ];

    /// The word in answers, and as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ImportPoolKeys => "import_pool_keys",
            Self::BulkPoolKeys => "bulk_pool_keys",
            Self::BulkClientKeys => "bulk_client_keys",
            Self::BulkUsers => "bulk_users",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What is done to many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobAct {
    /// Pool keys are looked at anew.
    Recheck,
    /// Rests of pool keys end.
    Reset,
    /// Pool keys are held back.
    Pause,
    /// Pool keys are let go.
    Resume,
    /// Pool keys are taken out for ever.
    Withdraw,
    /// Client keys or users are switched off.
    Disable,
    /// Client keys or users are switched on.
    Enable,
    /// Client keys are revoked for ever.
    Revoke,
}

/// A call that takes long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// Its id.
    pub id: i64,
    /// What it does.
    pub kind: JobKind,
    /// What it does to each; `null` for imports.
    #[serde(rename = "do")]
    pub act: Option<JobAct>,
    /// Which ones were meant when it was begun; `null` where they were named one by one.
    pub filter: Option<Map<String, Value>>,
    /// Why, where somebody has said so.
    pub reason: Option<String>,
    /// The job whose failed items it tries again.
    pub retry_of: Option<i64>,
    /// Who has begun it; `null` is somebody with the operator's token, or at the machine.
    pub user: Option<UserId>,
    /// How it is.
    pub state: JobState,
    /// When it was begun.
    pub created_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// How many items there are.
    pub total: u32,
    /// How many of them are decided.
    pub done: u32,
    /// How many items are how.
    pub counts: JobCounts,
}

/// How many items of a job are how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobCounts {
    /// Nothing became of them yet; of a job that was cancelled, ever.
    pub open: u32,
    /// It was done.
    pub done: u32,
    /// There was nothing to do.
    pub skipped: u32,
    /// It could not be done.
    pub failed: u32,
}

/// What became of one item of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobItem {
    /// The id of what it is about; of an import, the line's number.
    pub item: i64,
    /// What that was called when the job was begun; may be empty.
    pub name: String,
    /// How it is.
    pub state: JobItemState,
    /// Why it failed or was passed over, in a stable word.
    pub why: Option<String>,
}

/// How an item of a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobItemState {
    /// Nothing became of it yet.
    Open,
    /// It was done.
    Done,
    /// There was nothing to do.
    Skipped,
    /// It could not be done.
    Failed,
}

impl JobItemState {
    /// The word in answers, and as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => jobs::OPEN,
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    /// Of a stored word: an item of an act on many, or a line of an import.
    pub(crate) fn of_stored(word: &str) -> Self {
        let own = [Self::Open, Self::Done, Self::Skipped, Self::Failed];
        let own = own.into_iter().find(|state| state.as_str() == word);
        own.unwrap_or_else(|| LineState::parse(word).map_or(Self::Open, Into::into))
    }
}

impl From<LineState> for JobItemState {
    fn from(state: LineState) -> Self {
        match state {
            LineState::Added => Self::Open,
            LineState::Verified => Self::Done,
            LineState::Refused | LineState::Invalid => Self::Failed,
            LineState::Duplicate | LineState::Withdrawn => Self::Skipped,
        }
    }
}

/// Which jobs, the newest first.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobQuery {
    /// The id that the page before ended with; absent begins with the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// 1 to 1000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Which items of a job.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobItemQuery {
    /// The item that the page before ended with; 0 or absent begins.
    #[serde(default)]
    pub after: i64,
    /// 1 to 1000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only those that are so. Lines of imports are told apart in `/me/jobs` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<JobItemState>,
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
