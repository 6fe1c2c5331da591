//! When client keys were used last, and whether the texts that they had before still are.

use std::collections::HashMap;

use potluck_filters::id::ClientKeyId;
use potluck_store::table::client_keys::Overlap;
use potluck_store::usage::key_uses::{KeyUses, TextUses};

use super::Control;
use crate::api::{ClientKey, FormerText};
use crate::error::ControlError;

impl Control {
    /// Fills in how these client keys were used. They are told without that while the books are away.
    pub(super) async fn tell_uses(&self, keys: &mut [ClientKey]) -> Result<(), ControlError> {
        let ids: Vec<ClientKeyId> = keys.iter().map(|key| key.id).collect();
        let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else {
            return Ok(());
        };
        let now_ms = self.now_ms();
        let overlaps = self.store.overlaps(*first, *last, now_ms).await?;
        let uses = match self.usage() {
            Some(usage) => usage.key_uses(&ids, now_ms).await.unwrap_or_default(),
            None => HashMap::new(),
        };
        for key in keys {
            let used = uses.get(&key.id).copied().unwrap_or_default();
            tell(key, used, overlaps.get(&key.id).copied());
        }
        Ok(())
    }
}

fn tell(key: &mut ClientKey, used: KeyUses, overlap: Option<Overlap>) {
    key.last_used_at = used.present.last_at.max(used.former.last_at);
    key.programs = used.present.programs;
    key.former = overlap.map(|overlap| former(overlap, used.former));
}

/// What an earlier text was used for before this one was replaced is none of its uses.
fn former(overlap: Overlap, used: TextUses) -> FormerText {
    let since = overlap.since.unwrap_or(i64::MIN);
    let used = used.last_at.filter(|at| *at >= since).map(|_| used);
    FormerText {
        since: overlap.since,
        works_until: overlap.until,
        last_used_at: used.and_then(|used| used.last_at),
        programs: used.map_or(0, |used| used.programs),
    }
}
