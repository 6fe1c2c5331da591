//! When edges started, and with which version.
//!
//! Invariant: the newest start of all stays, however old, so that it is known since when things are as they are.

use crate::error::StoreError;
use crate::store::Store;

/// That a process began to serve.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Start {
    /// The edge's name.
    pub edge: String,
    /// Of the process: no other process has it.
    pub epoch: i64,
    /// When, in Unix time in milliseconds.
    pub at: i64,
    /// The version of its program.
    pub version: String,
}

impl Store {
    /// Notes a start. One that is known already is noted no second time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_start(&self, start: &Start) -> Result<(), StoreError> {
        sqlx::query(
            "insert into starts (edge, epoch, at, version) values ($1, $2, $3, $4) \
             on conflict (edge, epoch) do nothing",
        )
        .bind(start.edge.clone())
        .bind(start.epoch)
        .bind(start.at)
        .bind(start.version.clone())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Starts from the first time on and before the second, the newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn starts_in(&self, (from, to): (i64, i64), limit: u32) -> Result<Vec<Start>, StoreError> {
        Ok(sqlx::query_as(
            "select edge, epoch, at, version from starts where at >= $1 and at < $2 \
             order by at desc, edge, epoch limit $3",
        )
        .bind(from)
        .bind(to)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?)
    }

    /// When an edge started last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_start(&self) -> Result<Option<i64>, StoreError> {
        let (at,): (Option<i64>,) = sqlx::query_as("select max(at) from starts")
            .fetch_one(&self.pool)
            .await?;
        Ok(at)
    }

    /// Forgets the starts that are older than that, but for the newest of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_starts(&self, before: i64) -> Result<(), StoreError> {
        sqlx::query("delete from starts where at < $1 and at < (select max(at) from starts)")
            .bind(before)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
