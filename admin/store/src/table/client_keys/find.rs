//! Looking for client keys by what an admin asks for.

use potluck_filters::id::{ClientKeyId, UserId};
use potluck_filters::model::ClientKeyState;

use super::{ClientKeyRow, Row, state_text};
use crate::error::StoreError;
use crate::store::Store;
use crate::table::containing;

/// Which client keys, of those that were made to be kept. Nothing set is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientKeyFilter {
    /// Of this user.
    pub user: Option<UserId>,
    /// In this state.
    pub state: Option<ClientKeyState>,
    /// Part of the name, as it is written.
    pub name_has: Option<String>,
}

impl Store {
    /// Client keys that fit, with an id above `after`, by id, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_client_keys(
        &self,
        filter: &ClientKeyFilter,
        after: ClientKeyId,
        limit: u32,
    ) -> Result<Vec<ClientKeyRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from client_keys where id > $1 and purpose is null and ($2 = 0 or user_id = $2) \
             and ($3 = '' or state = $3) and name like $4 escape '!' order by id limit $5"
        ))
        .bind(after.0)
        // No user has the id 0.
        .bind(filter.user.map_or(0, |user| user.0))
        .bind(filter.state.map_or("", state_text))
        .bind(containing(filter.name_has.as_deref().unwrap_or_default()))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// How many client keys there are that were made to be kept and not revoked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_client_keys(&self) -> Result<u64, StoreError> {
        let text = "select count(*) from client_keys where purpose is null and state <> 'revoked'";
        let (count,): (i64,) = sqlx::query_as(text).fetch_one(&self.pool).await?;
        Ok(count.unsigned_abs())
    }
}
