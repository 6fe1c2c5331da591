//! How many pool keys fared, for a list that shows a strip in each row: one question in place of one a row.

use std::collections::HashMap;

use potluck_filters::id::PoolKeyId;
use potluck_store::table::state_changes::StateChangeRow;

use super::history::{MOST, MOST_SEGMENTS, SEGMENTS, part, range};
use super::{Control, fields};
use crate::api::{Histories, HistoriesQuery, PoolKeyStrip};
use crate::error::ControlError;

impl Control {
    /// The strips of pool keys. Those of which nothing is known, and ids that nobody has, are left out.
    ///
    /// # Errors
    /// When the ids or the range are none.
    pub async fn pool_key_histories(&self, asked: &HistoriesQuery) -> Result<Histories, ControlError> {
        let ids: Vec<_> = fields::ids(&asked.ids)?.into_iter().map(PoolKeyId).collect();
        let now = self.now_ms();
        let (from, to) = range(asked.from, asked.to, now)?;
        let segments = asked.segments.unwrap_or(SEGMENTS).clamp(1, MOST_SEGMENTS) as usize;
        let (checked_at, gaps) = self.unwatched((from, to), now).await?;
        let mut strips = HashMap::new();
        let read = |key, rows: Vec<StateChangeRow>| {
            let upstream = rows.last().map(|last| last.subject.upstream.clone());
            let strip = part(upstream.unwrap_or_default(), rows, &gaps, (from, to), segments);
            strips.insert(key, strip);
        };
        let store = self.store();
        store.pool_key_changes_in(&ids, (from, to), MOST, read).await?;
        let item = |pool_key: &PoolKeyId| {
            let (pool_key, strip) = (*pool_key, strips.get(pool_key)?.clone());
            Some(PoolKeyStrip { pool_key, strip })
        };
        Ok(Histories {
            from,
            to,
            checked_at,
            items: ids.iter().filter_map(item).collect(),
        })
    }
}
