//! Key encodings of ordered collections: slices, vectors, `BTreeMap`, `BTreeSet` and the like.

use std::collections::{BTreeMap, BTreeSet};

use super::super::encode::{CacheKey, KeyEncoder};

impl<T: CacheKey> CacheKey for [T] {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        T::encode_slice(self, key);
    }
}

/// An array is encoded with its length, although the type tells it: an array, a slice and a `Vec`
/// of the same items are one key.
impl<T: CacheKey, const N: usize> CacheKey for [T; N] {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        T::encode_slice(self, key);
    }
}

impl<T: CacheKey> CacheKey for Vec<T> {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        T::encode_slice(self, key);
    }
}

impl<T: CacheKey> CacheKey for BTreeSet<T> {
    fn encode(&self, key: &mut KeyEncoder) {
        key.write_len(self.len());
        for item in self {
            item.encode(key);
        }
    }
}

impl<K: CacheKey, V: CacheKey> CacheKey for BTreeMap<K, V> {
    fn encode(&self, key: &mut KeyEncoder) {
        key.write_len(self.len());
        for (name, value) in self {
            name.encode(key);
            value.encode(key);
        }
    }
}
