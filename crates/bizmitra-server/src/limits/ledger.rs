//! Buckets by key, in bounded memory.

use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use hashlink::LruCache;

use super::bucket::{Bucket, Budget, Wait};

/// The buckets of the keys that were seen last. A key that was pushed out starts afresh: a full ledger forgives, it never
/// refuses, so a flood from many addresses cannot make it refuse others.
pub(super) struct Ledger<K> {
    buckets: Mutex<LruCache<K, Bucket>>,
}

impl<K: Eq + Hash> Ledger<K> {
    /// Remembers at most `capacity` keys.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            buckets: Mutex::new(LruCache::new(capacity)),
        }
    }

    /// Spends one unit of a key.
    pub(super) fn spend(&self, key: K, budget: Budget, now_ms: i64) -> Result<(), Wait> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(&key) {
            return bucket.spend(budget, now_ms);
        }
        let mut bucket = Bucket::default();
        let spent = bucket.spend(budget, now_ms);
        buckets.insert(key, bucket);
        spent
    }

    /// Whether a unit of a key is there; remembers nothing.
    pub(super) fn check(&self, key: &K, budget: Budget, now_ms: i64) -> Result<(), Wait> {
        self.buckets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_mut(key)
            .map_or(Ok(()), |bucket| bucket.check(budget, now_ms))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.buckets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}
