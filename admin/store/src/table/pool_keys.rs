//! Pool keys: listing, editing and withdrawing them. `add` seals new ones, `served` opens them for an edge.
//!
//! Invariant: nothing that lists or edits rows can open one.

mod add;
mod served;

use std::sync::Arc;

use potluck_filters::id::{PoolKeyId, Revision, UserId};
use potluck_filters::model::PoolKeyState;
use sqlx::AnyPool;

pub use add::{Added, Terms, Unfit};
pub(crate) use served::{changed, serving};

use super::Cell;
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

/// A pool key as it may be shown: everything but the credential.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolKeyRow {
    /// Row id.
    pub id: PoolKeyId,
    /// The upstream's name.
    pub upstream: String,
    /// Who brought it.
    pub contributor: UserId,
    /// Its contributor's name for it; may be empty.
    pub label: String,
    /// Id of the sealing key; `None` once withdrawn.
    pub key_id: Option<String>,
    /// The `host:port` origins it may be sent to, sorted.
    pub origins: Arc<[Box<str>]>,
    /// Requests in flight at once; `None` takes the upstream's setting.
    pub concurrency: Option<u32>,
    /// What people decided about it.
    pub state: PoolKeyState,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// Unix time in milliseconds.
    pub withdrawn_at: Option<i64>,
    /// The change that touched the row last.
    pub revision: Revision,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    upstream: String,
    contributor_id: i64,
    label: String,
    key_id: Option<String>,
    origins: String,
    concurrency: Option<i64>,
    state: String,
    created_at: i64,
    withdrawn_at: Option<i64>,
    revision: i64,
}

macro_rules! columns {
    () => {
        "id, upstream, contributor_id, label, key_id, origins, concurrency, state, created_at, withdrawn_at, \
         revision"
    };
}

const BY_ID: &str = concat!("select ", columns!(), " from pool_keys where id = $1");

fn state_text(state: PoolKeyState) -> &'static str {
    match state {
        PoolKeyState::Active => "active",
        PoolKeyState::Paused => "paused",
        PoolKeyState::Withdrawn => "withdrawn",
    }
}

fn parse_state(text: &str) -> Option<PoolKeyState> {
    [
        PoolKeyState::Active,
        PoolKeyState::Paused,
        PoolKeyState::Withdrawn,
    ]
    .into_iter()
    .find(|state| state_text(*state) == text)
}

fn cell(id: i64, column: &'static str) -> Cell {
    Cell {
        table: "pool_keys",
        id,
        column,
    }
}

fn origins(id: i64, text: &str) -> Result<Arc<[Box<str>]>, StoreError> {
    let list: Option<Vec<Box<str>>> = cell(id, "origins").json(Some(text))?;
    Ok(list.unwrap_or_default().into())
}

impl Row {
    fn read(self) -> Result<PoolKeyRow, StoreError> {
        let cell = |column| cell(self.id, column);
        Ok(PoolKeyRow {
            origins: origins(self.id, &self.origins)?,
            concurrency: cell("concurrency").count(self.concurrency)?,
            state: parse_state(&self.state).ok_or_else(|| cell("state").unreadable())?,
            id: PoolKeyId(self.id),
            upstream: self.upstream,
            contributor: UserId(self.contributor_id),
            label: self.label,
            key_id: self.key_id,
            created_at: self.created_at,
            withdrawn_at: self.withdrawn_at,
            revision: Revision(self.revision),
        })
    }
}

impl Store {
    /// Pool keys with an id above `after`, by id, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pool_keys(&self, after: PoolKeyId, limit: u32) -> Result<Vec<PoolKeyRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from pool_keys where id > $1 order by id limit $2"
        ))
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// A pool key by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pool_key(&self, id: PoolKeyId) -> Result<Option<PoolKeyRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(BY_ID)
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Row::read).transpose()
    }
}

/// The ids of all sealing keys in use.
pub(crate) async fn sealing_keys(pool: &AnyPool) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> =
        sqlx::query_as("select distinct key_id from pool_keys where key_id is not null")
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

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

    /// Takes a pool key out for ever: its ciphertext and its fingerprint are deleted, so that only its
    /// contributor can bring it again.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none, or it was withdrawn before.
    pub async fn withdraw_pool_key(&mut self, id: PoolKeyId, now_ms: i64) -> Result<PoolKeyRow, StoreError> {
        let done = sqlx::query(
            "update pool_keys set state = 'withdrawn', sealed = null, fingerprint = null, key_id = null, \
             withdrawn_at = $2, revision = $3 where id = $1 and state <> 'withdrawn'",
        )
        .bind(id.0)
        .bind(now_ms)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        match done.rows_affected() {
            0 => Err(StoreError::Missing("pool key")),
            _ => self.pool_key(id).await?.ok_or(StoreError::Missing("pool key")),
        }
    }

    /// Writes what may change of a pool key: label, concurrency, and whether it is paused.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none, or it was withdrawn.
    pub async fn save_pool_key(&mut self, row: &PoolKeyRow) -> Result<PoolKeyRow, StoreError> {
        let done = sqlx::query(
            "update pool_keys set label = $2, concurrency = $3, state = $4, revision = $5 \
             where id = $1 and state <> 'withdrawn'",
        )
        .bind(row.id.0)
        .bind(row.label.as_str())
        .bind(row.concurrency.map(i64::from))
        .bind(state_text(row.state))
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        match done.rows_affected() {
            0 => Err(StoreError::Missing("pool key")),
            _ => self
                .pool_key(row.id)
                .await?
                .ok_or(StoreError::Missing("pool key")),
        }
    }
}
