//! A key as a tier keeps it.

use std::{
    fmt,
    hash::{BuildHasher, Hash, Hasher},
    sync::Arc,
};

use equivalent::Equivalent;

use super::{
    finished::Key,
    fnv::{OFFSET_BASIS, fnv1a},
};

/// A [`Key`] in as little memory as it needs. Clones share it. A borrowed `Key` looks it up in a
/// map.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    hash: u64,
    digested: bool,
    bytes: Arc<[u8]>,
}

impl StoredKey {
    /// Returns the hash of the key in this process, the same as [`Key::hash64`].
    #[inline]
    pub fn hash64(&self) -> u64 {
        self.hash
    }

    /// Returns the bytes written, or the digest that stands for them.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Tells whether the bytes are a digest.
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

/// Shows the length of the key, never its bytes: arguments may be private.
impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey")
            .field("len", &self.bytes.len())
            .field("digested", &self.digested)
            .finish_non_exhaustive()
    }
}

/// A maker of hashers for maps whose keys are [`Key`] or [`StoredKey`]: these are hashed already.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyHasher;

impl BuildHasher for KeyHasher {
    type Hasher = HashedKey;

    #[inline]
    fn build_hasher(&self) -> HashedKey {
        HashedKey(OFFSET_BASIS)
    }
}

/// A hasher that passes on the hash of a key.
#[derive(Clone, Copy, Debug)]
pub struct HashedKey(u64);

impl Hasher for HashedKey {
    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Hashes anything but a key, slowly. Keys bring their hash.
    fn write(&mut self, bytes: &[u8]) {
        self.0 = fnv1a(self.0, bytes);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
