//! A complete key, as a lookup carries it.

use std::{
    fmt,
    hash::{BuildHasher as _, Hash, Hasher},
    sync::LazyLock,
};

use foldhash::{SharedSeed, quality::FoldHasher};

use super::types::{Types, for_each_name, pieces};

/// The most bytes of a key that has no digest.
pub(super) const CAPACITY: usize = 128;

/// The bytes of a machine word.
pub(super) const WORD: usize = size_of::<u64>();

/// Room for the bytes of a key, and for the rest of the last word.
pub(super) type Buffer = [u8; CAPACITY + WORD];

const EMPTY: Buffer = [0; CAPACITY + WORD];

/// The bytes of a digest.
const DIGEST: usize = 32;
/// The place of the digest without paths in a digest with types, behind the key's bytes. The hashes
/// of the types follow.
const SHORT: usize = DIGEST;
const FULL_HASH: usize = SHORT + DIGEST;
const SHORT_HASH: usize = FULL_HASH + WORD;

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
    pub(super) len: u8,
    digested: bool,
    /// The bytes at the beginning that are names of types, each after its length. Of a digest it
    /// only tells whether there were such names.
    pub(super) names: u8,
    /// Zero beyond `len`, but in a digest with types.
    pub(super) bytes: Buffer,
}

impl Key {
    /// A key without any bytes, and without its hash.
    pub(super) const EMPTY: Self =
        Self { hash: 0, len: 0, digested: false, names: 0, bytes: EMPTY };

    /// Computes the hash, when all bytes are there.
    ///
    /// It is that of whole words, as the encoder wrote them: a processor forwards a word that it
    /// has just stored, but waits where a load spans two stores.
    #[inline]
    pub(super) fn seal(&mut self) {
        let len = usize::from(self.len);
        let mut hasher = hasher(len);
        let pairs = self.bytes.as_chunks::<WORD>().0.as_chunks::<2>().0;
        for [low, high] in &pairs[..len.div_ceil(2 * WORD)] {
            let [low, high] = [low, high].map(|word| u128::from(u64::from_le_bytes(*word)));
            hasher.write_u128(high << u64::BITS | low);
        }
        self.hash = hasher.finish();
    }

    pub(super) fn digest(digest: &[u8; DIGEST]) -> Self {
        let mut key = Self { len: 32, digested: true, ..Self::EMPTY };
        key.bytes[..digest.len()].copy_from_slice(digest);
        // Who chooses arguments can choose the first bits of a digest: so it is hashed with our
        // seed, as all keys are.
        key.seal();
        key
    }

    /// Returns the key of the parts with this digest, in which the names of `types` stand without
    /// paths. The key tells their paths apart.
    pub(super) fn digest_of_types(digest: &[u8; DIGEST], types: Types) -> Self {
        let full = types.full.to_le_bytes();
        let mut key =
            Self::digest(blake3::Hasher::new().update(digest).update(&full).finalize().as_bytes());
        key.names = 1;
        key.bytes[SHORT..FULL_HASH].copy_from_slice(digest);
        key.bytes[FULL_HASH..SHORT_HASH].copy_from_slice(&full);
        key.bytes[SHORT_HASH..SHORT_HASH + WORD].copy_from_slice(&types.short.to_le_bytes());
        key
    }

    /// Returns the names of types, and the bytes behind them.
    pub(super) fn names_and_others(&self) -> (&[u8], &[u8]) {
        self.as_bytes().split_at(usize::from(self.names))
    }

    /// Returns the types that are part of the key.
    pub(crate) fn types(&self) -> Option<Types> {
        if !self.digested {
            return Types::of(self.names_and_others().0);
        }
        let hash = |at: usize| {
            let mut hash = [0; WORD];
            hash.copy_from_slice(&self.bytes[at..at + WORD]);
            u64::from_le_bytes(hash)
        };
        (self.names > 0).then(|| Types { full: hash(FULL_HASH), short: hash(SHORT_HASH) })
    }

    /// Adds to `hasher` what the key is in a remote store: its bytes, with the names of types
    /// without paths.
    pub(crate) fn hash_without_paths(&self, hasher: &mut blake3::Hasher) {
        if !self.digested {
            let (names, others) = self.names_and_others();
            for_each_name(names, |name| {
                pieces(name, |piece| {
                    hasher.update(piece);
                });
            });
            hasher.update(others);
        } else if self.names > 0 {
            hasher.update(&self.bytes[SHORT..FULL_HASH]);
        } else {
            hasher.update(self.as_bytes());
        }
    }

    /// Returns the bytes written, or the digest that stands for them.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Returns the first bytes, as many as a key that is stored in itself has at most.
    #[inline]
    pub(super) fn first<const N: usize>(&self) -> &[u8; N] {
        const { assert!(N <= CAPACITY, "a key has as many") };
        let (first, _) = self.bytes.split_first_chunk().expect("the assertion above");
        first
    }

    /// Tells whether the key is `len` bytes as they were written.
    #[inline]
    pub(super) fn is_short(&self, len: u8) -> bool {
        self.len == len && !self.digested
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

/// Returns a hasher for a key of `len` bytes.
///
/// The seed comes from the operating system's randomness, once per process, so that nobody can send
/// arguments that all fall into one bucket. foldhash's own seed is made of addresses and the time
/// of day only.
#[inline]
fn hasher(len: usize) -> FoldHasher<'static> {
    static SEEDS: LazyLock<(u64, SharedSeed)> = LazyLock::new(|| {
        let [own, shared] = [(); 2].map(|()| std::hash::RandomState::new().hash_one(()));
        (own, SharedSeed::from_u64(shared))
    });
    let (own, shared) = &*SEEDS;
    FoldHasher::with_seed(own ^ len as u64, shared)
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
