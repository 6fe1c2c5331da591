//! Jobs that are worked off step by step: which is next, and what became of the items of a step.
//!
//! Invariant: what became of an item is written in the transaction of what was done to it, so that a job that was
//! interrupted anywhere goes on where it was.

use super::{Decided, JobItem, JobRow, JobState, Row, item, write_items};
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

/// How an item begins that is worked on.
pub const OPEN: &str = "open";

impl Store {
    /// The oldest job of these kinds that runs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_job(&self, kinds: [&str; 3]) -> Result<Option<JobRow>, StoreError> {
        let [one, two, three] = kinds;
        let row: Option<Row> = sqlx::query_as(select!(
            "state = 'running' and kind in ($1, $2, $3) order by id limit 1"
        ))
        .bind(one.to_owned())
        .bind(two.to_owned())
        .bind(three.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        row.map(Row::read).transpose()
    }

    /// Jobs with an id below `before`, the newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_jobs(&self, before: i64, limit: u32) -> Result<Vec<JobRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(select!("id < $1 order by id desc limit $2"))
            .bind(before)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Items of a job above `after`, in order, at most `limit`; where a state is given those that are in it alone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_items_in(
        &self,
        job: i64,
        state: Option<&str>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<JobItem>, StoreError> {
        let rows: Vec<(i64, String, Option<String>)> = sqlx::query_as(
            "select item, state, detail from job_items where job_id = $1 and ($2 = '' or state = $2) and item > $3 \
             order by item limit $4",
        )
        .bind(job)
        .bind(state.unwrap_or_default().to_owned())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|row| item(job, row)).collect()
    }

    /// Deletes at most `most` items of a job that ended before a time (Unix milliseconds), or that job itself where it
    /// has none left. `false`: there is no such job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_job(&self, ended_before: i64, most: u32) -> Result<bool, StoreError> {
        let old: Option<(i64,)> =
            sqlx::query_as("select id from jobs where ended_at < $1 order by id limit 1")
                .bind(ended_before)
                .fetch_optional(&self.pool)
                .await?;
        let Some((job,)) = old else { return Ok(false) };
        let items = sqlx::query(
            "delete from job_items where job_id = $1 and item in \
             (select item from job_items where job_id = $1 order by item limit $2)",
        )
        .bind(job)
        .bind(i64::from(most))
        .execute(&self.pool)
        .await?;
        if items.rows_affected() == 0 {
            sqlx::query("delete from jobs where id = $1")
                .bind(job)
                .execute(&self.pool)
                .await?;
        }
        Ok(true)
    }
}

impl Change<'_> {
    /// A job by id, as this change sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job(&mut self, id: i64) -> Result<Option<JobRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(select!("id = $1"))
            .bind(id)
            .fetch_optional(&mut *self.tx)
            .await?;
        row.map(Row::read).transpose()
    }

    /// The next items of a job that are open, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_job_items(&mut self, job: i64, limit: u32) -> Result<Vec<JobItem>, StoreError> {
        let rows: Vec<(i64, String, Option<String>)> = sqlx::query_as(
            "select item, state, detail from job_items where job_id = $1 and state = $2 order by item limit $3",
        )
        .bind(job)
        .bind(OPEN.to_owned())
        .bind(i64::from(limit))
        .fetch_all(&mut *self.tx)
        .await?;
        rows.into_iter().map(|row| item(job, row)).collect()
    }

    /// Writes what became of items that were open, of which so many are decided thereby. Gives the job as it is now.
    ///
    /// # Errors
    /// When the database fails, or the job is gone.
    pub async fn decide_job_items(
        &mut self,
        job: i64,
        items: &[JobItem],
        more: Decided,
    ) -> Result<JobRow, StoreError> {
        write_items(&mut self.tx, job, items).await?;
        sqlx::query(
            "update jobs set done = done + $2, skipped = skipped + $3, failed = failed + $4 where id = $1",
        )
        .bind(job)
        .bind(i64::from(more.done))
        .bind(i64::from(more.skipped))
        .bind(i64::from(more.failed))
        .execute(&mut *self.tx)
        .await?;
        self.job(job).await?.ok_or(StoreError::Missing("job"))
    }

    /// Ends a job that runs. `false`: it had ended before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_job(&mut self, job: i64, state: JobState, now_ms: i64) -> Result<bool, StoreError> {
        let done =
            sqlx::query("update jobs set state = $2, ended_at = $3 where id = $1 and state = 'running'")
                .bind(job)
                .bind(state.as_str())
                .bind(now_ms)
                .execute(&mut *self.tx)
                .await?;
        Ok(done.rows_affected() == 1)
    }
}
