//! How many pool keys fared, for a list that shows a strip in each row: one question in place of one a row.

use potluck_filters::history::Kind;
use potluck_filters::id::PoolKeyId;
use potluck_store::table::state_changes::Whose;

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
        let ids = fields::ids(&asked.ids)?.into_iter().map(PoolKeyId);
        let now = self.now_ms();
        let (from, to) = range(asked.from, asked.to, now)?;
        let segments = asked.segments.unwrap_or(SEGMENTS).clamp(1, MOST_SEGMENTS) as usize;
        let (checked_at, gaps) = self.unwatched((from, to), now).await?;
        let mut items = Vec::with_capacity(ids.len());
        for id in ids {
            let whose = Whose {
                kind: Kind::PoolKey,
                name: &id.to_string(),
                upstream: None,
            };
            let rows = self.store().state_changes_in(&whose, (from, to), MOST).await?;
            let Some(last) = rows.last() else { continue };
            let upstream = last.subject.upstream.clone();
            items.push(PoolKeyStrip {
                pool_key: id,
                strip: part(upstream, rows, &gaps, (from, to), segments),
            });
        }
        Ok(Histories {
            from,
            to,
            checked_at,
            items,
        })
    }
}
