//! Calls that take long, and what became of each of their items. Kept in the database, so that whoever waits for one
//! finds it again after a restart.
//!
//! Invariant: no item holds a credential.

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select id, user_id, kind, state, created_at, ended_at, total, done, skipped, failed, asked from jobs where ",
            $which
        )
    };
}

mod work;

use potluck_filters::id::UserId;
use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Cell, meta};
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;
pub use work::OPEN;

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
    /// How many of those there was nothing to do to.
    pub skipped: u32,
    /// How many of those failed.
    pub failed: u32,
    /// What was asked for; `Null` where the kind says all.
    pub asked: Value,
}

/// A job to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewJob<'j> {
    /// Whose it is; `None` is somebody with the operator's token, or at the machine.
    pub user: Option<UserId>,
    /// What is done, in a stable word.
    pub kind: &'j str,
    /// What was asked for, without secrets; `Null` where the kind says all.
    pub asked: &'j Value,
}

/// How many items are decided, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// In all.
    pub done: u32,
    /// Of those, there was nothing to do to.
    pub skipped: u32,
    /// Of those, failed.
    pub failed: u32,
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
    skipped: i64,
    failed: i64,
    asked: Option<String>,
}

fn cell(id: i64, column: &'static str) -> Cell {
    let table = "jobs";
    Cell { table, id, column }
}

impl Row {
    fn read(self) -> Result<JobRow, StoreError> {
        let cell = |column| cell(self.id, column);
        let count = |number, column| u32::try_from(number).map_err(|_| cell(column).unreadable());
        Ok(JobRow {
            id: self.id,
            user: self.user_id.map(UserId),
            state: JobState::parse(&self.state).ok_or_else(|| cell("state").unreadable())?,
            kind: self.kind,
            created_at: self.created_at,
            ended_at: self.ended_at,
            total: count(self.total, "total")?,
            done: count(self.done, "done")?,
            skipped: count(self.skipped, "skipped")?,
            failed: count(self.failed, "failed")?,
            asked: cell("asked").json(self.asked.as_deref())?.unwrap_or_default(),
        })
    }
}

/// Items of one statement: far below the parameters that either database takes.
const AT_ONCE: usize = 200;

async fn insert(
    connection: &mut AnyConnection,
    new: NewJob<'_>,
    items: &[JobItem],
    now_ms: i64,
) -> Result<i64, StoreError> {
    let id = meta::reserve_ids(connection, 1).await?;
    sqlx::query(
        "insert into jobs (id, user_id, kind, state, created_at, total, done, asked) \
         values ($1, $2, $3, 'running', $4, $5, 0, $6)",
    )
    .bind(id)
    .bind(new.user.map(|user| user.0))
    .bind(new.kind.to_owned())
    .bind(now_ms)
    .bind(i64::try_from(items.len()).unwrap_or(i64::MAX))
    .bind(json_text(id, "asked", new.asked)?)
    .execute(&mut *connection)
    .await?;
    for some in items.chunks(AT_ONCE) {
        insert_items(connection, id, some).await?;
    }
    Ok(id)
}

async fn insert_items(connection: &mut AnyConnection, id: i64, items: &[JobItem]) -> Result<(), StoreError> {
    let places = (0..items.len()).map(|nth| {
        let first = nth * 4;
        format!("(${}, ${}, ${}, ${})", first + 1, first + 2, first + 3, first + 4)
    });
    let places = places.collect::<Vec<_>>().join(", ");
    // Numbers of parameters are all that is put into the text.
    let text = format!("insert into job_items (job_id, item, state, detail) values {places}");
    let mut query = sqlx::query(AssertSqlSafe(text));
    for item in items {
        query = query
            .bind(id)
            .bind(item.item)
            .bind(item.state.clone())
            .bind(json_text(id, "detail", &item.detail)?);
    }
    query.execute(connection).await?;
    Ok(())
}

fn json_text(id: i64, column: &'static str, value: &Value) -> Result<Option<String>, StoreError> {
    if value.is_null() {
        return Ok(None);
    }
    cell(id, column).json_text(value).map(Some)
}

async fn write_items(connection: &mut AnyConnection, job: i64, items: &[JobItem]) -> Result<(), StoreError> {
    for item in items {
        sqlx::query("update job_items set state = $3, detail = $4 where job_id = $1 and item = $2")
            .bind(job)
            .bind(item.item)
            .bind(item.state.clone())
            .bind(json_text(job, "detail", &item.detail)?)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn item(job: i64, (item, state, detail): (i64, String, Option<String>)) -> Result<JobItem, StoreError> {
    let detail: Option<Value> = cell(job, "detail").json(detail.as_deref())?;
    Ok(JobItem {
        item,
        state,
        detail: detail.unwrap_or_default(),
    })
}

impl Change<'_> {
    /// Makes a job with these items, as part of what it is about.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_job(
        &mut self,
        new: NewJob<'_>,
        items: &[JobItem],
        now_ms: i64,
    ) -> Result<i64, StoreError> {
        insert(&mut self.tx, new, items, now_ms).await
    }
}

impl Store {
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
        rows.into_iter().map(|row| item(job, row)).collect()
    }

    /// Writes what became of items, and how many of the job's are decided by now.
    ///
    /// # Errors
    /// When the database fails; then nothing was written.
    pub async fn save_job_items(
        &self,
        job: i64,
        items: &[JobItem],
        by_now: Decided,
    ) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        write_items(&mut tx, job, items).await?;
        sqlx::query("update jobs set done = $2, skipped = $3, failed = $4 where id = $1")
            .bind(job)
            .bind(i64::from(by_now.done))
            .bind(i64::from(by_now.skipped))
            .bind(i64::from(by_now.failed))
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
