//! What a job does, as it is asked for, stored and told.

use potluck_store::table::jobs::JobRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{ClientKeysAct, Job, JobAct, JobCounts, JobKind, PoolKeysAct, UsersAct};
use crate::audit::{Object, ObjectKind};
use crate::error::ControlError;

/// What is done to each item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::control) enum Work {
    PoolKeys(PoolKeysAct),
    ClientKeys(ClientKeysAct),
    Users(UsersAct),
}

impl Work {
    pub(in crate::control) fn kind(self) -> JobKind {
        match self {
            Self::PoolKeys(_) => JobKind::BulkPoolKeys,
            Self::ClientKeys(_) => JobKind::BulkClientKeys,
            Self::Users(_) => JobKind::BulkUsers,
        }
    }

    /// The kind of thing that the items are.
    pub(super) fn of_what(self) -> ObjectKind {
        match self {
            Self::PoolKeys(_) => ObjectKind::PoolKey,
            Self::ClientKeys(_) => ObjectKind::ClientKey,
            Self::Users(_) => ObjectKind::User,
        }
    }

    fn act(self) -> JobAct {
        match self {
            Self::PoolKeys(PoolKeysAct::Recheck) => JobAct::Recheck,
            Self::PoolKeys(PoolKeysAct::Reset) => JobAct::Reset,
            Self::PoolKeys(PoolKeysAct::Pause) => JobAct::Pause,
            Self::PoolKeys(PoolKeysAct::Resume) => JobAct::Resume,
            Self::PoolKeys(PoolKeysAct::Withdraw) => JobAct::Withdraw,
            Self::ClientKeys(ClientKeysAct::Disable) | Self::Users(UsersAct::Disable) => JobAct::Disable,
            Self::ClientKeys(ClientKeysAct::Enable) | Self::Users(UsersAct::Enable) => JobAct::Enable,
            Self::ClientKeys(ClientKeysAct::Revoke) => JobAct::Revoke,
        }
    }

    /// `None` for what is not done to such things.
    fn of(kind: JobKind, act: JobAct) -> Option<Self> {
        match (kind, act) {
            (JobKind::BulkPoolKeys, JobAct::Recheck) => Some(Self::PoolKeys(PoolKeysAct::Recheck)),
            (JobKind::BulkPoolKeys, JobAct::Reset) => Some(Self::PoolKeys(PoolKeysAct::Reset)),
            (JobKind::BulkPoolKeys, JobAct::Pause) => Some(Self::PoolKeys(PoolKeysAct::Pause)),
            (JobKind::BulkPoolKeys, JobAct::Resume) => Some(Self::PoolKeys(PoolKeysAct::Resume)),
            (JobKind::BulkPoolKeys, JobAct::Withdraw) => Some(Self::PoolKeys(PoolKeysAct::Withdraw)),
            (JobKind::BulkClientKeys, JobAct::Disable) => Some(Self::ClientKeys(ClientKeysAct::Disable)),
            (JobKind::BulkClientKeys, JobAct::Enable) => Some(Self::ClientKeys(ClientKeysAct::Enable)),
            (JobKind::BulkClientKeys, JobAct::Revoke) => Some(Self::ClientKeys(ClientKeysAct::Revoke)),
            (JobKind::BulkUsers, JobAct::Disable) => Some(Self::Users(UsersAct::Disable)),
            (JobKind::BulkUsers, JobAct::Enable) => Some(Self::Users(UsersAct::Enable)),
            (JobKind::BulkPoolKeys, JobAct::Disable | JobAct::Enable | JobAct::Revoke)
            | (
                JobKind::BulkClientKeys,
                JobAct::Recheck | JobAct::Reset | JobAct::Pause | JobAct::Resume | JobAct::Withdraw,
            )
            | (
                JobKind::BulkUsers,
                JobAct::Recheck
                | JobAct::Reset
                | JobAct::Pause
                | JobAct::Resume
                | JobAct::Withdraw
                | JobAct::Revoke,
            )
            | (JobKind::ImportPoolKeys, _) => None,
        }
    }
}

/// What was asked for.
#[derive(Clone, Debug)]
pub(in crate::control) struct Asked {
    pub(in crate::control) work: Work,
    pub(in crate::control) reason: Option<String>,
    pub(in crate::control) filter: Option<Map<String, Value>>,
    pub(in crate::control) retry_of: Option<i64>,
}

/// As it is stored beside the kind.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    #[serde(rename = "do")]
    act: Option<JobAct>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filter: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_of: Option<i64>,
}

impl Asked {
    pub(super) fn new(work: Work, reason: Option<String>, filter: Option<Map<String, Value>>) -> Self {
        Self {
            work,
            reason,
            filter,
            retry_of: None,
        }
    }

    pub(super) fn stored(&self) -> Value {
        json!(Stored {
            act: Some(self.work.act()),
            reason: self.reason.clone(),
            filter: self.filter.clone(),
            retry_of: self.retry_of,
        })
    }

    /// Of a stored job. `None` where this program does not know such work.
    pub(in crate::control) fn of(row: &JobRow) -> Option<Self> {
        let stored = stored(row);
        Some(Self {
            work: Work::of(JobKind::parse(&row.kind)?, stored.act?)?,
            reason: stored.reason,
            filter: stored.filter,
            retry_of: stored.retry_of,
        })
    }
}

fn stored(row: &JobRow) -> Stored {
    serde_json::from_value(row.asked.clone()).unwrap_or_default()
}

/// A job as it is told.
pub(in crate::control) fn job(row: &JobRow) -> Result<Job, ControlError> {
    let stored = stored(row);
    Ok(Job {
        kind: JobKind::parse(&row.kind).ok_or(ControlError::NotFound("job"))?,
        id: row.id,
        act: stored.act,
        filter: stored.filter,
        reason: stored.reason,
        retry_of: stored.retry_of,
        user: row.user,
        state: row.state.into(),
        created_at: row.created_at,
        ended_at: row.ended_at,
        total: row.total,
        done: row.done,
        counts: JobCounts {
            open: row.total.saturating_sub(row.done),
            done: row.done.saturating_sub(row.skipped).saturating_sub(row.failed),
            skipped: row.skipped,
            failed: row.failed,
        },
    })
}

/// What the log and listeners call it.
pub(in crate::control) fn object(job: &Job) -> Object {
    let object = Object::new(ObjectKind::Job, job.id, job.kind.as_str());
    match job.user {
        Some(user) => object.of(user),
        None => object,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_read_as_it_was_stored() {
        let works = [
            Work::PoolKeys(PoolKeysAct::Recheck),
            Work::PoolKeys(PoolKeysAct::Reset),
            Work::PoolKeys(PoolKeysAct::Pause),
            Work::PoolKeys(PoolKeysAct::Resume),
            Work::PoolKeys(PoolKeysAct::Withdraw),
            Work::ClientKeys(ClientKeysAct::Disable),
            Work::ClientKeys(ClientKeysAct::Enable),
            Work::ClientKeys(ClientKeysAct::Revoke),
            Work::Users(UsersAct::Disable),
            Work::Users(UsersAct::Enable),
        ];
        for work in works {
            assert_eq!(Work::of(work.kind(), work.act()), Some(work));
        }
        assert_eq!(Work::of(JobKind::BulkUsers, JobAct::Withdraw), None);
    }
}
