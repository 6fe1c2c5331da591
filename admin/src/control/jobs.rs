//! Jobs of everybody, as admins see them: how they are, what became of each item, and ending or trying them again.

use potluck_store::table::jobs::{JobItem as StoredItem, JobRow, JobState};
use serde_json::Value;
use tokio::sync::Notify;

use super::Control;
use super::bulk::{Asked, Meant, job, name_of, object};
use crate::api::{Job, JobItem, JobItemQuery, JobItemState, JobKind, JobQuery, MAX_PAGE, Page};
use crate::audit::{Act, Note};
use crate::caller::By;
use crate::error::ControlError;

const NOUN: &str = "job";

/// How long jobs are kept after their end: 90 days.
const KEPT_MS: i64 = 90 * 86_400_000;
/// Items that are forgotten in one statement, so that nobody waits for it.
const FORGOTTEN_AT_ONCE: u32 = 1000;

impl Control {
    /// Woken when a job is there to be worked off. A wake that finds nobody waiting is kept for the next who waits.
    pub(crate) fn job_due(&self) -> &Notify {
        &self.job_due
    }

    /// A page of jobs, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn jobs(&self, query: JobQuery) -> Result<Page<Job>, ControlError> {
        let limit = query.limit.unwrap_or(100).clamp(1, MAX_PAGE);
        let rows = self
            .store
            .newest_jobs(query.after.unwrap_or(i64::MAX), limit)
            .await?;
        let full = rows.len() >= limit as usize;
        let next = rows.last().map(|row| row.id).filter(|_| full);
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            items.push(self.told_job(row).await?);
        }
        Ok(Page { items, next })
    }

    /// One job.
    ///
    /// # Errors
    /// When there is none with this id.
    pub(crate) async fn job(&self, id: i64) -> Result<Job, ControlError> {
        let row = self.store.job(id).await?;
        self.told_job(row.ok_or(ControlError::NotFound(NOUN))?).await
    }

    /// Imports are looked at when somebody asks for them.
    async fn told_job(&self, row: JobRow) -> Result<Job, ControlError> {
        let import = JobKind::parse(&row.kind) == Some(JobKind::ImportPoolKeys);
        if !import || row.state != JobState::Running {
            return job(&row);
        }
        let id = row.id;
        self.settled(row).await?;
        let row = self.store.job(id).await?;
        job(&row.ok_or(ControlError::NotFound(NOUN))?)
    }

    /// A page of a job's items.
    ///
    /// # Errors
    /// When there is no job with this id.
    pub(crate) async fn job_items(
        &self,
        id: i64,
        query: JobItemQuery,
    ) -> Result<Page<JobItem>, ControlError> {
        let told = self.job(id).await?;
        let limit = query.limit.unwrap_or(100).clamp(1, MAX_PAGE);
        let wanted = |item: &JobItem| query.state.is_none_or(|state| state == item.state);
        if told.kind == JobKind::ImportPoolKeys {
            // Its words are others, and it is short.
            let items = self.store.job_items(id, query.after, u32::MAX).await?;
            let mut items: Vec<JobItem> = items.iter().map(JobItem::from).filter(wanted).collect();
            items.truncate(limit as usize);
            return Ok(Page::of(items, limit, |item: &JobItem| item.item));
        }
        let state = query.state.map(JobItemState::as_str);
        let items = self.store.job_items_in(id, state, query.after, limit).await?;
        let items: Vec<JobItem> = items.iter().map(JobItem::from).collect();
        Ok(Page::of(items, limit, |item: &JobItem| item.item))
    }

    /// Ends a job early. What was done stays done; what is open stays open. One that was cancelled stays so.
    ///
    /// # Errors
    /// When there is none with this id, it has ended, or it is an import.
    pub(crate) async fn cancel_job(&self, by: &By, id: i64) -> Result<Job, ControlError> {
        let mut turn = self.turn(by).await?;
        let row = turn.change.job(id).await?.ok_or(ControlError::NotFound(NOUN))?;
        let before = job(&row)?;
        match (row.state, before.kind) {
            (JobState::Cancelled, _) => return Ok(before),
            (JobState::Done | JobState::Failed, _) => {
                return Err(ControlError::JobState(
                    "this job has ended; there is nothing to cancel",
                ));
            }
            (JobState::Running, JobKind::ImportPoolKeys) => {
                let why = "the pool keys of an import are in the pool already; withdraw them instead";
                return Err(ControlError::JobState(why));
            }
            (JobState::Running, JobKind::BulkPoolKeys | JobKind::BulkClientKeys | JobKind::BulkUsers) => {}
        }
        let now_ms = turn.now_ms;
        turn.change.end_job(id, JobState::Cancelled, now_ms).await?;
        let after = job(&JobRow {
            state: JobState::Cancelled,
            ended_at: Some(now_ms),
            ..row
        })?;
        let note = Note::new(Act::JobCancelled, object(&after))
            .was(&before)
            .is(&after);
        turn.end(note).await?;
        Ok(after)
    }

    /// Begins a job that tries again what failed in another, or was left open when that was cancelled.
    ///
    /// # Errors
    /// When there is none with this id, it still runs, it is an import, or nothing of it failed.
    pub(crate) async fn retry_job(&self, by: &By, id: i64) -> Result<Job, ControlError> {
        let row = self.store.job(id).await?.ok_or(ControlError::NotFound(NOUN))?;
        if row.state == JobState::Running {
            return Err(ControlError::JobState(
                "this job still runs; wait for its end, or cancel it",
            ));
        }
        let asked = Asked::of(&row).ok_or(ControlError::JobState(
            "this job cannot be tried again; bring the pool keys again",
        ))?;
        let mut again = Vec::new();
        for state in [JobItemState::Failed, JobItemState::Open] {
            let items = self
                .store
                .job_items_in(id, Some(state.as_str()), 0, u32::MAX)
                .await?;
            again.extend(items.iter().map(Meant::again));
        }
        if again.is_empty() {
            return Err(ControlError::JobState("nothing of this job failed"));
        }
        let asked = Asked {
            retry_of: Some(id),
            ..asked
        };
        self.begin_job(by, &asked, again).await
    }

    /// Forgets jobs that ended long ago, a few items at a time.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn forget_old_jobs(&self) -> Result<(), ControlError> {
        while self
            .store
            .forget_job(self.now_ms() - KEPT_MS, FORGOTTEN_AT_ONCE)
            .await?
        {
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

impl From<&StoredItem> for JobItem {
    fn from(item: &StoredItem) -> Self {
        let why = item.detail.get("why").and_then(Value::as_str);
        Self {
            item: item.item,
            name: name_of(item),
            state: JobItemState::of_stored(&item.state),
            why: why.map(str::to_owned),
        }
    }
}
