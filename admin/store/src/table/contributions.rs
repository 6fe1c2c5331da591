//! What users have brought that others can use: counted from pool keys, for limits.

use std::collections::HashMap;

use potluck_filters::id::{PoolKeyId, Revision, UserId};
use potluck_filters::limit::{BroughtKey, Contribution, Tier};
use potluck_filters::model::Caps;
use sqlx::AnyConnection;

use super::pool_keys::{caps, cell, parse_state};
use crate::error::StoreError;
use crate::store::Store;

/// Pool keys that are alike.
#[derive(sqlx::FromRow)]
struct Alike {
    contributor_id: i64,
    tier: Option<i64>,
    caps: String,
    /// One of them, for the error when something makes no sense.
    id: i64,
    count: i64,
}

macro_rules! alike {
    ($which:literal) => {
        concat!(
            "select contributor_id, tier, caps, min(id) as id, count(*) as count from pool_keys \
             where state = 'healthy' and (kind = 'token' or token_sealed is not null) and ",
            $which,
            " group by contributor_id, tier, caps order by contributor_id"
        )
    };
}

fn tier(id: i64, number: Option<i64>) -> Result<Tier, StoreError> {
    let number = number.map(|number| u8::try_from(number).map_err(|_| cell(id, "tier").unreadable()));
    Ok(Tier::of(number.transpose()?))
}

fn by_user(rows: Vec<Alike>) -> Result<HashMap<UserId, Contribution>, StoreError> {
    let mut keys: HashMap<UserId, Vec<(Tier, Caps, u32)>> = HashMap::new();
    for row in rows {
        let count = u32::try_from(row.count).unwrap_or(u32::MAX);
        let alike = (tier(row.id, row.tier)?, caps(row.id, &row.caps)?, count);
        keys.entry(UserId(row.contributor_id)).or_default().push(alike);
    }
    let users = keys.into_iter();
    Ok(users.map(|(user, keys)| (user, Contribution::of(keys))).collect())
}

/// Of users who changed after `since`, or whose pool keys did.
pub(super) async fn changed(
    connection: &mut AnyConnection,
    since: Revision,
) -> Result<HashMap<UserId, Contribution>, StoreError> {
    let rows = sqlx::query_as(alike!(
        "contributor_id in (select id from users where revision > $1 \
         union select contributor_id from pool_keys where revision > $1)"
    ));
    by_user(rows.bind(since.0).fetch_all(connection).await?)
}

#[derive(sqlx::FromRow)]
struct Brought {
    id: i64,
    tier: Option<i64>,
    state: String,
    has_token: i64,
    caps: String,
}

impl Store {
    /// What users with these ids contribute; who contributes nothing is left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contributions(
        &self,
        first: UserId,
        last: UserId,
    ) -> Result<HashMap<UserId, Contribution>, StoreError> {
        let rows = sqlx::query_as(alike!("contributor_id between $1 and $2"));
        by_user(rows.bind(first.0).bind(last.0).fetch_all(&self.pool).await?)
    }

    /// The pool keys of a user, but for withdrawn ones, as a receipt tells of them, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn brought_keys(&self, user: UserId) -> Result<Vec<BroughtKey>, StoreError> {
        let rows: Vec<Brought> = sqlx::query_as(
            "select id, tier, state, caps, \
             case when kind = 'token' or token_sealed is not null then 1 else 0 end as has_token \
             from pool_keys where contributor_id = $1 and state <> 'withdrawn' order by id",
        )
        .bind(user.0)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Brought::read).collect()
    }
}

impl Brought {
    fn read(self) -> Result<BroughtKey, StoreError> {
        Ok(BroughtKey {
            key: PoolKeyId(self.id),
            tier: tier(self.id, self.tier)?,
            state: parse_state(&self.state).ok_or_else(|| cell(self.id, "state").unreadable())?,
            has_token: self.has_token != 0,
            caps: caps(self.id, &self.caps)?,
        })
    }
}
