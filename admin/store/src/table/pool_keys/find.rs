//! Looking for pool keys by what an admin asks for.

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::model::PoolKeyState;

use super::{PoolKeyRow, Row, state_text};
use crate::error::StoreError;
use crate::store::Store;
use crate::table::containing;

/// Which pool keys. Nothing set is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolKeyFilter {
    /// Of this upstream.
    pub upstream: Option<String>,
    /// In this state.
    pub state: Option<PoolKeyState>,
    /// Brought by this user.
    pub contributor: Option<UserId>,
    /// Part of the label, as it is written.
    pub label_has: Option<String>,
    /// With an id up to this.
    pub up_to: Option<PoolKeyId>,
}

impl Store {
    /// Pool keys that fit, with an id above `after`, by id, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_pool_keys(
        &self,
        filter: &PoolKeyFilter,
        after: PoolKeyId,
        limit: u32,
    ) -> Result<Vec<PoolKeyRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from pool_keys where id > $1 and ($2 = '' or upstream = $2) and ($3 = '' or state = $3) \
             and ($4 = 0 or contributor_id = $4) and label like $5 escape '!' \
             and id <= $6 order by id limit $7"
        ))
        .bind(after.0)
        .bind(filter.upstream.clone().unwrap_or_default())
        .bind(filter.state.map_or("", state_text))
        // No user has the id 0.
        .bind(filter.contributor.map_or(0, |user| user.0))
        .bind(containing(filter.label_has.as_deref().unwrap_or_default()))
        .bind(filter.up_to.map_or(i64::MAX, |last| last.0))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// How many pool keys there are that were not withdrawn.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_pool_keys(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from pool_keys where state <> 'withdrawn'")
            .fetch_one(&self.pool)
            .await?;
        Ok(count.unsigned_abs())
    }
}
