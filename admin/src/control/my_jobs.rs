//! Imports of pool keys as jobs: what became of each line, filling as keys are looked at.

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::model::PoolKeyState;
use potluck_store::table::jobs::{Decided, JobItem, JobRow, JobState};
use potluck_store::table::pool_keys::Added;
use serde_json::{Value, json};

use super::Control;
use crate::api::{ImportJob, ImportLine, JobItemState, JobKind, LineState, Page, PageQuery};
use crate::error::ControlError;

const NOUN: &str = "job";

const IMPORT: &str = JobKind::ImportPoolKeys.as_str();

impl Control {
    /// A user's imports, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn my_jobs(&self, user: UserId, page: PageQuery) -> Result<Page<ImportJob>, ControlError> {
        let rows = self.store.jobs(Some(user), page.after, page.limit()).await?;
        let next = rows
            .last()
            .filter(|_| rows.len() >= page.limit() as usize)
            .map(|row| row.id);
        let mut items = Vec::new();
        for row in rows.into_iter().filter(|row| row.kind == IMPORT) {
            let told = self.settled(row).await?;
            items.push(ImportJob {
                lines: Vec::new(),
                ..told
            });
        }
        Ok(Page { items, next })
    }

    /// One of a user's imports, with each line.
    ///
    /// # Errors
    /// When they have none with this id.
    pub async fn my_job(&self, user: UserId, id: i64) -> Result<ImportJob, ControlError> {
        let row = self.store.job(id).await?;
        let row = row.filter(|row| row.user == Some(user) && row.kind == IMPORT);
        self.settled(row.ok_or(ControlError::NotFound(NOUN))?).await
    }

    /// What became of each line by now. What was decided since the last look is written down, so that it stays so
    /// whatever becomes of the pool keys later.
    pub(super) async fn settled(&self, row: JobRow) -> Result<ImportJob, ControlError> {
        let stored = self.store.job_items(row.id, 0, u32::MAX).await?;
        let (mut lines, mut news) = (Vec::new(), Vec::new());
        for item in stored {
            let before = line(&item);
            let now = if before.state.is_decided() {
                before
            } else {
                self.looked_at(before).await?
            };
            if now.state.is_decided() && LineState::parse(&item.state) != Some(now.state) {
                news.push(written(&now));
            }
            lines.push(now);
        }
        let by_now = decided(&lines);
        if by_now.done != row.done {
            self.store.save_job_items(row.id, &news, by_now).await?;
        }
        if by_now.done == row.total && row.state == JobState::Running {
            self.store.end_job(row.id, JobState::Done, (self.clock)()).await?;
        }
        let row = self
            .store
            .job(row.id)
            .await?
            .ok_or(ControlError::NotFound(NOUN))?;
        Ok(ImportJob {
            id: row.id,
            state: row.state.into(),
            created_at: row.created_at,
            ended_at: row.ended_at,
            total: row.total,
            done: row.done,
            lines,
        })
    }

    async fn looked_at(&self, line: ImportLine) -> Result<ImportLine, ControlError> {
        let Some(id) = line.pool_key else { return Ok(line) };
        let row = self.store.pool_key(id).await?;
        let (state, why) = match row.map(|row| (row.state, row.state_reason)) {
            None | Some((PoolKeyState::Withdrawn, _)) => (LineState::Withdrawn, None),
            Some((PoolKeyState::Invalid, why)) => (LineState::Refused, why),
            Some((PoolKeyState::Healthy, _)) => (LineState::Verified, None),
            Some((PoolKeyState::Pending | PoolKeyState::Paused, _)) => (LineState::Added, None),
        };
        Ok(ImportLine { state, why, ..line })
    }
}

fn decided(lines: &[ImportLine]) -> Decided {
    let count = |wanted| {
        let are = lines
            .iter()
            .filter(|line| JobItemState::from(line.state) == wanted);
        u32::try_from(are.count()).unwrap_or(u32::MAX)
    };
    let (skipped, failed) = (count(JobItemState::Skipped), count(JobItemState::Failed));
    Decided {
        done: count(JobItemState::Done) + skipped + failed,
        skipped,
        failed,
    }
}

pub(super) fn item((line, added): (&usize, &Added)) -> JobItem {
    let (state, detail) = match added {
        Added::Added(id) => (LineState::Added, json!({ "pool_key": id })),
        Added::Duplicate => (LineState::Duplicate, Value::Null),
        Added::Invalid(why) => (LineState::Invalid, json!({ "why": why.to_string() })),
    };
    JobItem {
        item: i64::try_from(*line).unwrap_or(i64::MAX),
        state: state.as_str().to_owned(),
        detail,
    }
}

fn line(item: &JobItem) -> ImportLine {
    let text = |name: &str| item.detail.get(name).and_then(Value::as_str).map(str::to_owned);
    ImportLine {
        line: item.item,
        state: LineState::parse(&item.state).unwrap_or(LineState::Added),
        pool_key: item.detail.get("pool_key").and_then(Value::as_i64).map(PoolKeyId),
        why: text("why"),
    }
}

fn written(line: &ImportLine) -> JobItem {
    JobItem {
        item: line.line,
        state: line.state.as_str().to_owned(),
        detail: json!({ "pool_key": line.pool_key, "why": line.why }),
    }
}
