//! What client keys may still spend today, and what they have spent: Anlas, by the day (UTC).
//!
//! Outlives every snapshot. A request reserves what it may cost at most before it asks for a lease,
//! keeps what it costs on the key that it got, and settles when the upstream has ended; so two requests
//! never spend the same Anlas.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use potluck_filters::cost::Price;
use potluck_filters::id::ClientKeyId;
use potluck_filters::limit::Limit;
use potluck_filters::model::ClientKey;
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::spending::{DAY_MS, Spending, Whose, day_of};

use super::Edge;
use super::plan::Relay;
use crate::clock::unix_ms;

const SHARDS: usize = 16;

#[derive(Default)]
struct Today {
    day: i64,
    anlas: u64,
    reserved: u64,
}

impl Today {
    fn turn(&mut self, day: i64) {
        if self.day != day {
            (self.day, self.anlas) = (day, 0);
        }
    }
}

#[derive(Default)]
struct Shard {
    keys: HashMap<ClientKeyId, Today>,
    /// What is to be booked.
    unbooked: HashMap<(ClientKeyId, i64), (u64, u64)>,
}

/// All client keys that have spent anything.
#[derive(Default)]
pub(super) struct Purses([Mutex<Shard>; SHARDS]);

impl Purses {
    #[expect(
        clippy::indexing_slicing,
        reason = "the remainder is below the array's length"
    )]
    fn shard(&self, key: ClientKeyId) -> MutexGuard<'_, Shard> {
        self.0[key.0.cast_unsigned() as usize % SHARDS].lock()
    }

    /// Reserves what a request may cost at most, or as much as is left.
    pub(super) fn open(self: &Arc<Self>, key: &ClientKey, price: Price, unix_ms: i64) -> Purse {
        let mut shard = self.shard(key.id);
        let today = shard.keys.entry(key.id).or_default();
        today.turn(day_of(unix_ms));
        let left = match key.anlas_per_day {
            Limit::Unlimited => u32::MAX,
            Limit::AtMost(most) => {
                u32::try_from(u64::from(most).saturating_sub(today.anlas + today.reserved)).unwrap_or(0)
            }
        };
        let reserved = price.full.min(left);
        today.reserved += u64::from(reserved);
        Purse {
            purses: Arc::clone(self),
            key: key.id,
            reserved,
        }
    }

    /// Anlas spent by a key today.
    pub(super) fn restore(&self, key: ClientKeyId, day: i64, anlas: u64, unix_ms: i64) {
        let mut shard = self.shard(key);
        let today = shard.keys.entry(key).or_default();
        today.turn(day_of(unix_ms));
        if today.day == day {
            today.anlas += anlas;
        }
    }

    /// What was spent since the last time somebody asked.
    pub(super) fn take_spending(&self) -> Vec<Spending> {
        let shards = self.0.iter();
        let taken = shards.flat_map(|shard| std::mem::take(&mut shard.lock().unbooked));
        taken
            .map(|((key, day), (requests, anlas))| Spending {
                whose: Whose::ClientKey(key),
                day,
                requests,
                anlas,
            })
            .collect()
    }

    /// Forgets keys that have neither spent nor reserved anything today.
    pub(super) fn tidy(&self, unix_ms: i64) {
        let day = day_of(unix_ms);
        for shard in &self.0 {
            shard
                .lock()
                .keys
                .retain(|_, today| today.reserved > 0 || (today.day == day && today.anlas > 0));
        }
    }
}

impl Edge {
    /// Reserves what a request may cost, where it may cost anything.
    ///
    /// # Errors
    /// When what is left of the client key's budget for today would not do on any pool key.
    pub(super) fn purse(&self, relay: &Relay) -> Result<Option<Purse>, Rejection> {
        let Some(client) = relay.client.as_ref().filter(|_| relay.price.full > 0) else {
            return Ok(None);
        };
        let now = unix_ms();
        let purse = self.purses.open(&client.key, relay.price, now);
        if purse.holds() < relay.price.on_opus {
            let midnight = u64::try_from(DAY_MS - now.rem_euclid(DAY_MS)).unwrap_or(0);
            return Err(Rejection::new(Code::BudgetSpent).after(Duration::from_millis(midnight)));
        }
        Ok(Some(purse))
    }
}

/// What one request may spend. Dropped unsettled, it has spent nothing.
pub(super) struct Purse {
    purses: Arc<Purses>,
    key: ClientKeyId,
    reserved: u32,
}

impl Purse {
    /// Anlas it may spend.
    pub(super) fn holds(&self) -> u32 {
        self.reserved
    }

    /// Settles what the request cost.
    pub(super) fn spend(self, anlas: u32, unix_ms: i64) {
        if anlas == 0 {
            return;
        }
        let mut shard = self.purses.shard(self.key);
        let day = day_of(unix_ms);
        let today = shard.keys.entry(self.key).or_default();
        today.turn(day);
        today.anlas += u64::from(anlas);
        let unbooked = shard.unbooked.entry((self.key, day)).or_default();
        unbooked.0 += 1;
        unbooked.1 += u64::from(anlas);
    }
}

impl Drop for Purse {
    fn drop(&mut self) {
        let mut shard = self.purses.shard(self.key);
        if let Some(today) = shard.keys.get_mut(&self.key) {
            today.reserved = today.reserved.saturating_sub(u64::from(self.reserved));
        }
    }
}

#[cfg(test)]
mod tests {
    use potluck_filters::id::UserId;
    use potluck_filters::model::{ClientKeyState, KeyHash};

    use super::*;

    fn key(anlas_per_day: Limit) -> ClientKey {
        ClientKey {
            id: ClientKeyId(1),
            user: UserId(1),
            hash: KeyHash::of("np-1"),
            state: ClientKeyState::Active,
            expires_at: None,
            rate_limit: Limit::Unlimited,
            concurrency: Limit::Unlimited,
            anlas_per_day,
            models: None,
            addresses: None,
        }
    }

    const TWENTY: Price = Price {
        full: 20,
        on_opus: 0,
        v5: false,
    };

    #[test]
    fn the_same_anlas_are_never_spent_twice() {
        let purses = Arc::<Purses>::default();
        let key = key(Limit::AtMost(30));
        let first = purses.open(&key, TWENTY, 0);
        let second = purses.open(&key, TWENTY, 0);
        assert_eq!((first.holds(), second.holds()), (20, 10));
        first.spend(20, 0);
        drop(second);
        assert_eq!(purses.open(&key, TWENTY, 0).holds(), 10);
        assert_eq!(purses.open(&key, TWENTY, DAY_MS).holds(), 20, "a new day");
        let booked = purses.take_spending();
        assert_eq!(booked.len(), 1);
        assert_eq!((booked[0].requests, booked[0].anlas), (1, 20));
        assert_eq!(purses.take_spending(), []);
    }

    #[test]
    fn what_was_spent_before_counts_only_on_its_day() {
        let purses = Arc::<Purses>::default();
        purses.restore(ClientKeyId(1), 0, 25, DAY_MS - 1);
        purses.restore(ClientKeyId(1), 7, 25, DAY_MS - 1);
        assert_eq!(
            purses.open(&key(Limit::AtMost(30)), TWENTY, DAY_MS - 1).holds(),
            5
        );
        purses.tidy(DAY_MS);
        assert_eq!(purses.open(&key(Limit::AtMost(30)), TWENTY, DAY_MS).holds(), 20);
    }
}
