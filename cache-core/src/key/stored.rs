//! A key as a tier keeps it.

use std::{
    fmt,
    hash::{BuildHasher, Hash, Hasher},
    sync::Arc,
};

use equivalent::Equivalent;

use super::{
    finished::{Key, WORD},
    fnv::{OFFSET_BASIS, fnv1a},
};

/// The most bytes of a key that lie in the key itself: about a number and a short text.
const SHORT: usize = 38;

/// A [`Key`] in as little memory as it needs. A borrowed `Key` looks it up in a map.
#[derive(Clone)]
pub struct StoredKey {
    hash: u64,
    bytes: Bytes,
}

/// The bytes of a key as a tier keeps it.
#[derive(Clone)]
enum Bytes {
    /// The first `len` bytes here: looking at a key is looking at its entry.
    Short {
        len: u8,
        bytes: [u8; SHORT],
    },
    /// More bytes, elsewhere. Clones share them.
    Long(Arc<[u8]>),
    Digest([u8; 32]),
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
        match &self.bytes {
            Bytes::Short { len, bytes } => &bytes[..usize::from(*len)],
            Bytes::Long(bytes) => bytes,
            Bytes::Digest(digest) => digest,
        }
    }

    /// Tells whether the bytes are a digest.
    #[inline]
    pub fn is_digest(&self) -> bool {
        matches!(self.bytes, Bytes::Digest(_))
    }
}

impl From<&Key> for StoredKey {
    fn from(key: &Key) -> Self {
        Self { hash: key.hash64(), bytes: Bytes::of(key) }
    }
}

impl Bytes {
    #[inline]
    fn are_of(&self, key: &Key) -> bool {
        match self {
            Self::Short { len, bytes } => key.is_short(*len) && are_same(bytes, key.first()),
            _ => self.are_of_long(key),
        }
    }

    // Beside the code of a hit with a short key.
    #[inline(never)]
    fn are_of_long(&self, key: &Key) -> bool {
        match self {
            Self::Short { .. } => false,
            Self::Long(bytes) => !key.is_digest() && **bytes == *key.as_bytes(),
            Self::Digest(digest) => key.is_digest() && digest == key.as_bytes(),
        }
    }

    fn of(key: &Key) -> Self {
        let written = key.as_bytes();
        if key.is_digest() {
            let digest = written.first_chunk().expect("a digest has 32 bytes");
            return Self::Digest(*digest);
        }
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..written.len()) {
            Some(room) => {
                room.copy_from_slice(written);
                let len = u8::try_from(written.len()).expect("it is short");
                Self::Short { len, bytes }
            }
            None => Self::Long(written.into()),
        }
    }
}

/// Compares by words, which takes no call. Zeros fill both up, so that the length is fixed. The last two words overlap.
#[inline]
fn are_same(left: &[u8; SHORT], right: &[u8; SHORT]) -> bool {
    let differ = |at: usize| word(left, at) ^ word(right, at);
    differ(0) | differ(WORD) | differ(2 * WORD) | differ(3 * WORD) | differ(SHORT - WORD) == 0
}

#[inline]
fn word(bytes: &[u8; SHORT], at: usize) -> u64 {
    let mut word = [0; WORD];
    word.copy_from_slice(&bytes[at..at + WORD]);
    u64::from_le_bytes(word)
}

impl PartialEq for StoredKey {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
            && self.is_digest() == other.is_digest()
            && self.as_bytes() == other.as_bytes()
    }
}

impl Eq for StoredKey {}

impl Hash for StoredKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<StoredKey> for Key {
    #[inline]
    fn equivalent(&self, stored: &StoredKey) -> bool {
        self.hash64() == stored.hash && stored.bytes.are_of(self)
    }
}

/// Shows the length of the key, never its bytes: arguments may be private.
impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey")
            .field("len", &self.as_bytes().len())
            .field("digested", &self.is_digest())
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
