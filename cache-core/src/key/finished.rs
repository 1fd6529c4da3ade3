//! A complete key, as a lookup carries it.

use std::{
    fmt,
    hash::{BuildHasher as _, Hash, Hasher},
    sync::LazyLock,
};

use foldhash::{SharedSeed, quality::FoldHasher};

/// The most bytes of a key that has no digest.
pub(super) const CAPACITY: usize = 128;

/// A complete key: up to 128 bytes as they were written, or the 256-bit digest of more.
///
/// Two keys are equal when their bytes are; a digest never equals bytes that were written. A key is
/// made on the stack for each call and borrowed from there; a tier keeps a
/// [`StoredKey`](super::StoredKey).
///
/// ```
/// # use cachery::key::KeyEncoder;
/// let short = KeyEncoder::new().arg(&7_u64).finish();
/// assert_eq!((short.as_bytes().len(), short.is_digest()), (8, false));
/// ```
#[derive(Clone)]
pub struct Key {
    hash: u64,
    len: u8,
    digested: bool,
    bytes: [u8; CAPACITY],
}

impl Key {
    #[inline]
    pub(super) fn whole(bytes: &[u8; CAPACITY], len: usize) -> Self {
        let hash = hash(&bytes[..len]);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the slice above is within CAPACITY, which fits"
        )]
        let len = len as u8;
        Self { hash, len, digested: false, bytes: *bytes }
    }

    pub(super) fn digest(digest: &[u8; 32]) -> Self {
        let mut bytes = [0; CAPACITY];
        bytes[..digest.len()].copy_from_slice(digest);
        // Who chooses arguments can choose the first bits of a digest: so it is hashed with our
        // seed, as all keys are.
        Self { digested: true, ..Self::whole(&bytes, digest.len()) }
    }

    /// Returns the bytes written, or the digest that stands for them.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Tells whether the bytes are a digest.
    #[inline]
    pub fn is_digest(&self) -> bool {
        self.digested
    }

    /// Returns the hash of the key in this process. Another process has other hashes.
    #[inline]
    pub fn hash64(&self) -> u64 {
        self.hash
    }
}

/// Returns the hash of a key's bytes.
///
/// The seed comes from the operating system's randomness, once per process, so that nobody can send
/// arguments that all fall into one bucket. foldhash's own seed is made of addresses and the time
/// of day only.
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
        self.hash == other.hash
            && self.digested == other.digested
            && self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Key {}

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Shows the length of the key, never its bytes: arguments may be private.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("len", &self.len)
            .field("digested", &self.digested)
            .finish_non_exhaustive()
    }
}
