//! A hash map in shards behind `Arc`s: a changed copy shares every shard that did not change.
//!
//! With 1 024 shards a change in a million entries copies about a thousand of them.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

const SHARDS: usize = 1024;

/// Spreads ids and digests. Ids are our own row numbers and digests are SHA-256, so nobody outside
/// chooses what collides; that makes a keyed hash needless.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        // Knuth's multiplicative hash with 2^64 / golden ratio; the fold brings high bits down.
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn write_i64(&mut self, word: i64) {
        self.write_u64(word.cast_unsigned());
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}

type Hashing = BuildHasherDefault<Spread>;
type Shard<K, V> = HashMap<K, V, Hashing>;

/// The map.
#[derive(Clone, Debug)]
pub(super) struct Shards<K, V> {
    shards: Arc<Vec<Arc<Shard<K, V>>>>,
    len: usize,
}

impl<K, V> Default for Shards<K, V> {
    fn default() -> Self {
        let empty = Arc::new(Shard::default());
        Self {
            shards: Arc::new(vec![empty; SHARDS]),
            len: 0,
        }
    }
}

fn place<K: Hash>(key: &K) -> usize {
    // The top bits; HashMap itself uses the lowest for buckets and the top seven for tags.
    (Hashing::default().hash_one(key) >> 40) as usize % SHARDS
}

impl<K: Hash + Eq + Clone, V: Clone> Shards<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.shards.get(place(key))?.get(key)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.shards.iter().flat_map(|shard| shard.values())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.shards.iter().flat_map(|shard| shard.iter())
    }

    /// Puts an entry, copying its shard if another map shares it.
    pub(super) fn put(&mut self, key: K, value: V) -> Option<V> {
        let shard = Arc::make_mut(Arc::make_mut(&mut self.shards).get_mut(place(&key))?);
        let old = shard.insert(key, value);
        self.len += usize::from(old.is_none());
        old
    }

    /// Takes an entry out, copying its shard if another map shares it.
    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        self.get(key)?;
        let shard = Arc::make_mut(Arc::make_mut(&mut self.shards).get_mut(place(key))?);
        let old = shard.remove(key);
        self.len -= usize::from(old.is_some());
        old
    }
}

impl<K: Hash + Eq, V: PartialEq> PartialEq for Shards<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len
            && self
                .shards
                .iter()
                .zip(other.shards.iter())
                .all(|(a, b)| Arc::ptr_eq(a, b) || a == b)
    }
}
