//! When somebody looked after pool keys, nodes and outbound proxies, and when nobody did.

use potluck_filters::history::Gap;

use super::meta;
use crate::error::StoreError;
use crate::store::Store;

/// The mark of whoever keeps the history of states.
const ALIVE: &str = "alive";

impl Store {
    /// When somebody looked last, in Unix time in milliseconds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_watched(&self) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as("select at from watch_marks where name = $1")
            .bind(ALIVE)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(at,)| at))
    }

    /// Notes that somebody looks now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_watched(&self, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query(
            "insert into watch_marks (name, at) values ($1, $2) on conflict (name) do update set at = excluded.at",
        )
        .bind(ALIVE)
        .bind(now_ms)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Notes that nobody looked, and why.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_watch_gap(&self, (from, to): Gap, why: &str) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        let id = meta::reserve_note_ids(&mut tx, 1).await?;
        sqlx::query("insert into watch_gaps (id, began_at, ended_at, why) values ($1, $2, $3, $4)")
            .bind(id)
            .bind(from)
            .bind(to)
            .bind(why.to_owned())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The gaps that bear on a range, by when they began.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn watch_gaps(&self, (from, to): (i64, i64)) -> Result<Vec<Gap>, StoreError> {
        Ok(sqlx::query_as(
            "select began_at, ended_at from watch_gaps where ended_at > $1 and began_at < $2 order by began_at",
        )
        .bind(from)
        .bind(to)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Forgets the gaps that are older than that.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_watch_gaps(&self, before: i64) -> Result<(), StoreError> {
        sqlx::query("delete from watch_gaps where ended_at < $1")
            .bind(before)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
