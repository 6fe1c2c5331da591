//! API keys of the OpenAI fake, with their balances and what they own.
//!
//! Invariant: what a key owns (files, stored responses, batches and the like) is not visible to any other key.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::Value;

/// Price of a token, in micro-dollars.
pub const PER_TOKEN: u64 = 10;
/// Price of an image, in micro-dollars.
pub const PER_IMAGE: u64 = 40_000;

/// The keys of one fake. Clones share them. Amounts are in micro-dollars.
#[derive(Clone, Default)]
pub struct Keys(Arc<Mutex<HashMap<String, Account>>>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Keys")
            .field("count", &self.0.lock().len())
            .finish()
    }
}

#[derive(Default)]
pub(super) struct Account {
    balance: u64,
    used: u64,
    /// In order of creation: ids begin with a running number.
    pub(super) files: BTreeMap<String, StoredFile>,
    pub(super) responses: HashMap<String, Value>,
    /// Batches, fine-tuning jobs and conversations, as they look when asked for.
    pub(super) objects: HashMap<String, Value>,
}

pub(super) struct StoredFile {
    pub(super) about: Value,
    pub(super) content: Bytes,
}

impl Keys {
    /// Registers a key, or replaces it.
    pub fn add(&self, key: &str, balance: u64) {
        self.0.lock().insert(
            key.to_owned(),
            Account {
                balance,
                ..Account::default()
            },
        );
    }

    /// From now on the key is unknown: 401.
    pub fn revoke(&self, key: &str) {
        self.0.lock().remove(key);
    }

    /// Sets what a known key has left; with 0 it gets 429 `insufficient_quota`.
    pub fn set_balance(&self, key: &str, balance: u64) {
        self.with(key, |account| account.balance = balance);
    }

    /// What the key has left; None for an unknown one.
    pub fn balance(&self, key: &str) -> Option<u64> {
        self.with(key, |account| account.balance)
    }

    /// What the key has spent; None for an unknown one.
    pub fn used(&self, key: &str) -> Option<u64> {
        self.with(key, |account| account.used)
    }

    pub(super) fn charge(&self, key: &str, price: u64) {
        self.with(key, |account| {
            account.balance = account.balance.saturating_sub(price);
            account.used = account.used.saturating_add(price);
        });
    }

    pub(super) fn with<T>(&self, key: &str, act: impl FnOnce(&mut Account) -> T) -> Option<T> {
        self.0.lock().get_mut(key).map(act)
    }
}

/// Dollars as the credit endpoint writes them: two decimals, more where they are needed.
pub(super) fn dollars(micros: u64) -> String {
    let exact = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let needed = exact.trim_end_matches('0').len();
    let two = exact.len() - 4;
    exact.chars().take(needed.max(two)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_have_two_decimals_and_more_where_needed() {
        assert_eq!(dollars(95_500_000), "95.50");
        assert_eq!(dollars(0), "0.00");
        assert_eq!(dollars(1_000_010), "1.00001");
    }

    #[test]
    fn a_charge_moves_balance_to_used_and_stops_at_zero() {
        let keys = Keys::default();
        keys.add("k", 15);
        keys.charge("k", 10);
        assert_eq!((keys.balance("k"), keys.used("k")), (Some(5), Some(10)));
        keys.charge("k", 10);
        assert_eq!((keys.balance("k"), keys.used("k")), (Some(0), Some(20)));
        assert_eq!(keys.balance("other"), None);
    }
}
