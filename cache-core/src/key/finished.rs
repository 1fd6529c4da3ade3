//! A key, as a lookup carries it.

use std::fmt;
use std::hash::{BuildHasher as _, Hash, Hasher};
use std::sync::LazyLock;

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;

use super::{CacheKey, KeyEncoder};

/// The longest key that is kept as it is, in bytes.
pub(super) const CAPACITY: usize = 128;

/// A complete key: up to 128 bytes as they were written, or the 256-bit digest of more.
///
/// Two keys are equal when their bytes are; a digest never equals bytes that were written so. It is made on the stack
/// for each call and borrowed from there; what stays is a [`StoredKey`](super::StoredKey).
#[derive(Clone)]
pub struct Key {
    hash: u64,
    len: u8,
    digested: bool,
    bytes: [u8; CAPACITY],
}

impl Key {
    /// The key of these parts, in this order.
    ///
    /// What a call is generic over is a part like its arguments: the name of a type, the value of a constant.
    #[inline]
    pub fn of(parts: &[&dyn CacheKey]) -> Self {
        let mut encoder = KeyEncoder::new();
        for part in parts {
            part.encode(&mut encoder);
        }
        encoder.finish()
    }

    #[inline]
    pub(super) fn whole(bytes: &[u8; CAPACITY], len: usize) -> Self {
        let hash = hash(&bytes[..len]);
        #[expect(clippy::cast_possible_truncation, reason = "the slice above is within CAPACITY, which fits")]
        let len = len as u8;
        Self { hash, len, digested: false, bytes: *bytes }
    }

    pub(super) fn digest(digest: &[u8; 32]) -> Self {
        let mut bytes = [0; CAPACITY];
        bytes[..digest.len()].copy_from_slice(digest);
        // Whoever chooses arguments can choose a digest's first bits, so it is hashed with our seed like all keys.
        Self { digested: true, ..Self::whole(&bytes, digest.len()) }
    }

    /// The bytes written, or the digest that stands for them.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether the bytes are a digest.
    #[inline]
    pub fn is_digest(&self) -> bool {
        self.digested
    }

    /// The key's hash in this process; another process has other hashes.
    #[inline]
    pub fn hash64(&self) -> u64 {
        self.hash
    }
}

/// Seeded once per process from the operating system's randomness, so that nobody can send arguments that all fall into
/// one bucket. foldhash's own seed is only made of addresses and the time of day.
#[inline]
fn hash(bytes: &[u8]) -> u64 {
    static SEED: LazyLock<u64> = LazyLock::new(|| std::hash::RandomState::new().hash_one(()));
    let mut hasher = FoldHasher::with_seed(*SEED, SharedSeed::global_random());
    hasher.write(bytes);
    hasher.finish()
}

impl PartialEq for Key {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.digested == other.digested && self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Key {}

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Shows how long the key is, never its bytes: arguments may be private.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("len", &self.len)
            .field("digested", &self.digested)
            .finish_non_exhaustive()
    }
}
