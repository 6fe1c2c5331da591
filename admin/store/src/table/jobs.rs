//! Calls that take long, and what became of each of their items. Kept in the database, so that whoever waits for one
//! finds it again after a restart.
//!
//! Invariant: no item holds a credential.

use potluck_filters::id::UserId;
use serde_json::Value;
use sqlx::AnyConnection;

use super::{Cell, meta};
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

/// How a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl JobState {
    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Done, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Row id.
    pub id: i64,
    /// Whose it is; `None` is somebody with the operator's token, or at the machine.
    pub user: Option<UserId>,
    /// What is done, in a stable word.
    pub kind: String,
    /// How it is.
    pub state: JobState,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// Unix time in milliseconds.
    pub ended_at: Option<i64>,
    /// How many items there are.
    pub total: u32,
    /// How many of them are decided.
    pub done: u32,
}

/// One item of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobItem {
    /// Which: a line's number, or a row's id.
    pub item: i64,
    /// What became of it, in a stable word.
    pub state: String,
    /// What there is to say besides; `Null` where there is nothing.
    pub detail: Value,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    user_id: Option<i64>,
    kind: String,
    state: String,
    created_at: i64,
    ended_at: Option<i64>,
    total: i64,
    done: i64,
}

fn cell(id: i64, column: &'static str) -> Cell {
    let table = "jobs";
    Cell { table, id, column }
}

impl Row {
    fn read(self) -> Result<JobRow, StoreError> {
        let cell = |column| cell(self.id, column);
        Ok(JobRow {
            id: self.id,
            user: self.user_id.map(UserId),
            state: JobState::parse(&self.state).ok_or_else(|| cell("state").unreadable())?,
            kind: self.kind,
            created_at: self.created_at,
            ended_at: self.ended_at,
            total: u32::try_from(self.total).map_err(|_| cell("total").unreadable())?,
            done: u32::try_from(self.done).map_err(|_| cell("done").unreadable())?,
        })
    }
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select id, user_id, kind, state, created_at, ended_at, total, done from jobs where ",
            $which
        )
    };
}

async fn insert(
    connection: &mut AnyConnection,
    (user, kind): (Option<UserId>, &str),
    items: &[JobItem],
    now_ms: i64,
) -> Result<i64, StoreError> {
    let id = meta::reserve_ids(connection, 1).await?;
    sqlx::query(
        "insert into jobs (id, user_id, kind, state, created_at, total, done) \
         values ($1, $2, $3, 'running', $4, $5, 0)",
    )
    .bind(id)
    .bind(user.map(|user| user.0))
    .bind(kind.to_owned())
    .bind(now_ms)
    .bind(i64::try_from(items.len()).unwrap_or(i64::MAX))
    .execute(&mut *connection)
    .await?;
    for item in items {
        sqlx::query("insert into job_items (job_id, item, state, detail) values ($1, $2, $3, $4)")
            .bind(id)
            .bind(item.item)
            .bind(item.state.clone())
            .bind(detail_text(id, &item.detail)?)
            .execute(&mut *connection)
            .await?;
    }
    Ok(id)
}

fn detail_text(id: i64, detail: &Value) -> Result<Option<String>, StoreError> {
    if detail.is_null() {
        return Ok(None);
    }
    cell(id, "detail").json_text(detail).map(Some)
}

impl Change<'_> {
    /// Makes a job with these items, as part of what it is about.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_job(
        &mut self,
        user: Option<UserId>,
        kind: &str,
        items: &[JobItem],
        now_ms: i64,
    ) -> Result<i64, StoreError> {
        insert(&mut self.tx, (user, kind), items, now_ms).await
    }
}

impl Store {
    /// Makes a job with these items.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_job(
        &self,
        user: Option<UserId>,
        kind: &str,
        items: &[JobItem],
        now_ms: i64,
    ) -> Result<i64, StoreError> {
        let mut tx = self.pool.begin().await?;
        let id = insert(&mut tx, (user, kind), items, now_ms).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// A job by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job(&self, id: i64) -> Result<Option<JobRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(select!("id = $1"))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Row::read).transpose()
    }

    /// Jobs with an id above `after`, by id, at most `limit`; all, or those of one user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn jobs(&self, of: Option<UserId>, after: i64, limit: u32) -> Result<Vec<JobRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(select!(
            "id > $1 and ($2 = 0 or user_id = $2) order by id limit $3"
        ))
        .bind(after)
        // No user has the id 0.
        .bind(of.map_or(0, |user| user.0))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Items of a job above `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_items(&self, job: i64, after: i64, limit: u32) -> Result<Vec<JobItem>, StoreError> {
        let rows: Vec<(i64, String, Option<String>)> = sqlx::query_as(
            "select item, state, detail from job_items where job_id = $1 and item > $2 order by item limit $3",
        )
        .bind(job)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        let read = |(item, state, detail): (i64, String, Option<String>)| {
            let detail: Option<Value> = cell(job, "detail").json(detail.as_deref())?;
            Ok(JobItem {
                item,
                state,
                detail: detail.unwrap_or_default(),
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Writes what became of items, and how many of the job's are decided by now.
    ///
    /// # Errors
    /// When the database fails; then nothing was written.
    pub async fn save_job_items(&self, job: i64, items: &[JobItem], done: u32) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        for item in items {
            sqlx::query("update job_items set state = $3, detail = $4 where job_id = $1 and item = $2")
                .bind(job)
                .bind(item.item)
                .bind(item.state.clone())
                .bind(detail_text(job, &item.detail)?)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query("update jobs set done = $2 where id = $1")
            .bind(job)
            .bind(i64::from(done))
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Ends a job that runs. `false`: it had ended before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_job(&self, job: i64, state: JobState, now_ms: i64) -> Result<bool, StoreError> {
        let done =
            sqlx::query("update jobs set state = $2, ended_at = $3 where id = $1 and state = 'running'")
                .bind(job)
                .bind(state.as_str())
                .bind(now_ms)
                .execute(&self.pool)
                .await?;
        Ok(done.rows_affected() == 1)
    }
}
