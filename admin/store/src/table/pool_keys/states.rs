//! How pool keys are, for whoever keeps their history.

use potluck_filters::id::{PoolKeyId, Revision, UserId};
use potluck_filters::model::PoolKeyState;

use super::{cell, parse_state};
use crate::error::StoreError;
use crate::store::Store;

/// How a pool key is, and who held it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStateRow {
    /// Row id.
    pub id: PoolKeyId,
    /// The upstream's name.
    pub upstream: String,
    /// How it is.
    pub state: PoolKeyState,
    /// Why, in a stable word.
    pub reason: Option<String>,
    /// Since when, in Unix time in milliseconds; when it was brought, where that was not noted.
    pub since: i64,
    /// Who brought it.
    pub contributor: UserId,
    /// Whether its contributor holds it back.
    pub paused: bool,
    /// Whether an admin does, who (`None` is the operator), and why.
    pub held: Option<(Option<UserId>, Option<String>)>,
    /// The change that touched it last.
    pub revision: Revision,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    upstream: String,
    state: String,
    state_reason: Option<String>,
    since: i64,
    contributor_id: i64,
    paused_at: Option<i64>,
    held_at: Option<i64>,
    held_by: Option<i64>,
    held_reason: Option<String>,
    revision: i64,
}

impl Store {
    /// Pool keys that were touched by a change after that, or by that one with an id above, at most `limit`: by change,
    /// then by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn key_states(
        &self,
        (revision, id): (Revision, PoolKeyId),
        limit: u32,
    ) -> Result<Vec<KeyStateRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, upstream, state, state_reason, coalesce(state_since, created_at) as since, contributor_id, \
             paused_at, held_at, held_by, held_reason, revision from pool_keys \
             where revision >= $1 and (revision > $1 or id > $2) order by revision, id limit $3",
        )
        .bind(revision.0)
        .bind(id.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        let read = |row: Row| {
            let state = parse_state(&row.state).ok_or_else(|| cell(row.id, "state").unreadable())?;
            Ok(KeyStateRow {
                id: PoolKeyId(row.id),
                upstream: row.upstream,
                state,
                reason: row.state_reason,
                since: row.since,
                contributor: UserId(row.contributor_id),
                paused: row.paused_at.is_some(),
                held: row.held_at.map(|_| (row.held_by.map(UserId), row.held_reason)),
                revision: Revision(row.revision),
            })
        };
        rows.into_iter().map(read).collect()
    }
}
