//! What use takes off the credit behind the keys, and what balances teach about prices.

use super::super::slot::asked_at;
use super::Keys;
use crate::id::PoolKeyId;
use crate::meter::Figures;
use crate::model::PoolKey;
use crate::time::Moment;

impl Keys {
    /// Takes off a key's credit what a request has used. A key that is gone owes nothing.
    pub(in super::super) fn charge(&mut self, id: PoolKeyId, figures: &Figures, now: Moment) {
        let Some(index) = self.by_id.get(&id).copied() else {
            return;
        };
        let unix_ms = self.unix_ms(now);
        if let Some(slot) = self.slots.get_mut(index) {
            slot.rare.tab.charge(figures, &mut self.tariffs, unix_ms);
        }
        self.reweigh(index, now);
    }

    /// After what is left behind a key has changed.
    pub(super) fn reweigh(&mut self, index: usize, now: Moment) {
        if let Some(slot) = self.slots.get_mut(index) {
            slot.reweigh(self.min_credit);
        }
        self.relist(index, now);
    }

    /// Before a key's settings are taken over: a newer balance has what was used before it was asked for.
    pub(super) fn see_credit(&mut self, index: usize, key: &PoolKey) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        let old = slot.key.as_deref();
        if let Some(newer) = &key.credit
            && asked_at(key) > old.and_then(asked_at)
        {
            let older = old.and_then(|old| old.credit);
            slot.rare.tab.see(older.as_ref(), newer, &mut self.tariffs);
        }
    }
}
