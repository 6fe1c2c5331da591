//! Editing and withdrawing pool keys.

use potluck_filters::id::PoolKeyId;
use potluck_filters::model::PoolKeyState;

use super::{BY_ID, PoolKeyRow, Row, cell, state_text};
use crate::change::Change;
use crate::error::StoreError;

impl Change<'_> {
    /// A pool key by id, as this change sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pool_key(&mut self, id: PoolKeyId) -> Result<Option<PoolKeyRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(BY_ID)
            .bind(id.0)
            .fetch_optional(&mut *self.tx)
            .await?;
        row.map(Row::read).transpose()
    }

    /// Takes a pool key out for ever: its ciphertext, its fingerprints and what was known of its account are
    /// deleted, so that only its contributor can bring it again.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none, or it was withdrawn before.
    pub async fn withdraw_pool_key(&mut self, id: PoolKeyId, now_ms: i64) -> Result<PoolKeyRow, StoreError> {
        let done = sqlx::query(
            "update pool_keys set state = 'withdrawn', sealed = null, fingerprint = null, key_id = null, \
             token_sealed = null, token_expires_at = null, account = null, account_print = null, credit = null, \
             credit_used = null, credit_at = null, \
             tier = null, state_reason = null, state_since = $2, paused_at = null, held_at = null, held_by = null, \
             held_reason = null, next_probe_at = null, withdrawn_at = $2, revision = $3 \
             where id = $1 and state <> 'withdrawn'",
        )
        .bind(id.0)
        .bind(now_ms)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        self.written(id, done.rows_affected()).await
    }

    /// Writes what people may change of a pool key: label, concurrency, caps, holds and state, with the state's
    /// reason, since when it is so, and the next probe.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none, or it was withdrawn.
    pub async fn save_pool_key(&mut self, row: &PoolKeyRow) -> Result<PoolKeyRow, StoreError> {
        let held = row.holds.admin.as_ref();
        let done = sqlx::query(
            "update pool_keys set label = $2, concurrency = $3, caps = $4, state = $5, state_reason = $6, \
             next_probe_at = $7, revision = $8, state_since = $9, paused_at = $10, held_at = $11, held_by = $12, \
             held_reason = $13 where id = $1 and state <> 'withdrawn'",
        )
        .bind(row.id.0)
        .bind(row.label.as_str())
        .bind(row.concurrency.map(i64::from))
        .bind(cell(row.id.0, "caps").json_text(&row.caps)?)
        .bind(state_text(row.state))
        .bind(row.state_reason.as_deref())
        .bind(row.next_probe_at)
        .bind(self.revision.0)
        .bind(row.state_since)
        .bind(row.holds.contributor)
        .bind(held.map(|held| held.at))
        .bind(held.and_then(|held| held.by).map(|by| by.0))
        .bind(held.and_then(|held| held.reason.clone()))
        .execute(&mut *self.tx)
        .await?;
        self.written(row.id, done.rows_affected()).await
    }

    async fn written(&mut self, id: PoolKeyId, rows: u64) -> Result<PoolKeyRow, StoreError> {
        match rows {
            0 => Err(StoreError::Missing("pool key")),
            _ => self.pool_key(id).await?.ok_or(StoreError::Missing("pool key")),
        }
    }

    /// Moves all pool keys of an upstream from one state to another (or leaves them in it) and makes a probe of
    /// each due. Returns how many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn move_pool_keys(
        &mut self,
        upstream: &str,
        from: PoolKeyState,
        to: PoolKeyState,
        probe_at: i64,
    ) -> Result<u64, StoreError> {
        // An edge need not hear of a key that stays as it is.
        let stays = if from == to { 0 } else { self.revision.0 };
        let done = sqlx::query(
            "update pool_keys set state = $3, state_reason = null, next_probe_at = $4, \
             state_since = case when $2 = $3 then state_since else $4 end, \
             revision = case when $5 = 0 then revision else $5 end where upstream = $1 and state = $2",
        )
        .bind(upstream)
        .bind(state_text(from))
        .bind(state_text(to))
        .bind(probe_at)
        .bind(stays)
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected())
    }
}
