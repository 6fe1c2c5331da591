//! The changes of several pool keys, for a list that shows a strip in each row: one question for all of them.
//!
//! Invariant: only one key's rows are held at a time, and no key has more than one that asks alone.

use std::mem;

use futures_util::TryStreamExt;
use potluck_filters::history::Kind;
use potluck_filters::id::PoolKeyId;
use sqlx::AssertSqlSafe;

use super::{Row, StateChangeRow};
use crate::error::StoreError;
use crate::store::Store;

/// What comes before the placeholders of the keys: kind, from, to and how many of each key.
const FIXED: usize = 4;

impl Store {
    /// Tells of each of these pool keys of which something is known the changes that bear on a range, in their order, at
    /// most `limit` of each; before them the last one before the range.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pool_key_changes_in(
        &self,
        keys: &[PoolKeyId],
        (from, to): (i64, i64),
        limit: u32,
        mut tell: impl FnMut(PoolKeyId, Vec<StateChangeRow>) + Send,
    ) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut rows = sqlx::query_as::<_, Row>(AssertSqlSafe(question(keys.len())))
            .persistent(false)
            .bind(Kind::PoolKey.as_str())
            .bind(from)
            .bind(to)
            .bind(i64::from(limit));
        for key in keys {
            rows = rows.bind(key.to_string());
        }
        let mut rows = rows.fetch(&self.pool);
        let (mut of, mut changes) = (String::new(), Vec::new());
        let mut told = |of: &str, changes: Vec<StateChangeRow>| {
            if let (Ok(id), false) = (of.parse(), changes.is_empty()) {
                tell(PoolKeyId(id), changes);
            }
        };
        while let Some(row) = rows.try_next().await? {
            if row.subject != of {
                told(&of, mem::take(&mut changes));
                of.clone_from(&row.subject);
            }
            changes.push(row.read()?);
        }
        told(&of, changes);
        Ok(())
    }
}

fn question(keys: usize) -> String {
    let keys: Vec<String> = (FIXED + 1..=FIXED + keys)
        .map(|place| format!("${place}"))
        .collect();
    format!(
        select!(
            "id in (select max(id) from state_changes where kind = $1 and subject in ({keys}) and until_at <= $2 \
             group by subject, upstream \
             union all \
             select id from (select id, row_number() over (partition by subject, upstream order by id) as place \
             from state_changes where kind = $1 and subject in ({keys}) and until_at > $2 and at < $3) numbered \
             where place <= $4) order by subject, until_at > $2, id"
        ),
        keys = keys.join(", ")
    )
}
