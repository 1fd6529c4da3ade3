//! A key, as a tier keeps it.

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use equivalent::Equivalent;

use super::Key;
use super::fnv::{OFFSET_BASIS, fnv1a};

/// A [`Key`] in as little memory as it needs; clones share it. Maps of stored keys are asked with a borrowed `Key`.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    hash: u64,
    digested: bool,
    bytes: Arc<[u8]>,
}

impl StoredKey {
    /// The key's hash in this process, the same as [`Key::hash64`].
    #[inline]
    pub fn hash64(&self) -> u64 {
        self.hash
    }

    /// The bytes written, or the digest that stands for them.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the bytes are a digest.
    #[inline]
    pub fn is_digest(&self) -> bool {
        self.digested
    }
}

impl From<&Key> for StoredKey {
    fn from(key: &Key) -> Self {
        Self { hash: key.hash64(), digested: key.is_digest(), bytes: key.as_bytes().into() }
    }
}

impl Hash for StoredKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<StoredKey> for Key {
    #[inline]
    fn equivalent(&self, stored: &StoredKey) -> bool {
        self.hash64() == stored.hash
            && self.is_digest() == stored.digested
            && self.as_bytes() == stored.as_bytes()
    }
}

/// Shows how long the key is, never its bytes: arguments may be private.
impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey")
            .field("len", &self.bytes.len())
            .field("digested", &self.digested)
            .finish_non_exhaustive()
    }
}

/// Makes the hashers of maps whose keys are [`Key`] or [`StoredKey`]: these are hashed already.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyHasher;

impl BuildHasher for KeyHasher {
    type Hasher = HashedKey;

    #[inline]
    fn build_hasher(&self) -> HashedKey {
        HashedKey(OFFSET_BASIS)
    }
}

/// Passes on the hash that a key brings along.
#[derive(Clone, Copy, Debug)]
pub struct HashedKey(u64);

impl Hasher for HashedKey {
    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Not for keys, which bring their hash; anything else is hashed slowly but right.
    fn write(&mut self, bytes: &[u8]) {
        self.0 = fnv1a(self.0, bytes);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
