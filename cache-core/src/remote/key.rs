//! A key as the remote tier knows it.

use std::{fmt, sync::Arc};

use crate::{
    identity::{Fingerprint, Identity},
    key::Key,
    site::Site,
};

/// 256 bits that stand for the bytes of a key. Nobody can construct two keys of one digest. With a
/// secret, nobody who sees digests can find out arguments by trying.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

/// The part that the keys of one call site have in common.
#[derive(Debug)]
pub struct Place {
    /// The cache's name.
    pub name: &'static str,
    /// Stands for the cache in every release of the program: what invalidates its keys carries it.
    pub identity: Identity,
    /// Keeps apart what releases store that differ in the cache's key, value or version.
    pub fingerprint: Fingerprint,
}

impl Place {
    /// Returns the part of the keys of `site`.
    pub(crate) fn of(site: &Site) -> Self {
        Self { name: site.name, identity: site.identity(), fingerprint: site.fingerprint() }
    }
}

/// A key of one call site.
#[derive(Clone, Debug)]
pub struct RemoteKey {
    /// The call site's part.
    pub place: Arc<Place>,
    /// The digest of the key.
    pub digest: Digest,
}

/// Computes digests by BLAKE3, keyed if there is a secret. The input is one byte that tells whether
/// the key is a digest itself, and the key's bytes.
#[derive(Clone)]
pub(crate) struct Digester(Option<[u8; 32]>);

impl Digester {
    pub(crate) fn new(secret: Option<&str>) -> Self {
        // A key of any length becomes one of 32 bytes.
        Self(
            secret
                .map(|secret| blake3::derive_key("cachery 2026-11 key digest", secret.as_bytes())),
        )
    }

    pub(crate) fn of(&self, key: &Key) -> Digest {
        let mut hasher =
            self.0.as_ref().map_or_else(blake3::Hasher::new, blake3::Hasher::new_keyed);
        hasher.update(&[u8::from(key.is_digest())]).update(key.as_bytes());
        Digest(hasher.finalize().into())
    }
}

/// Never the digest: short arguments could be guessed from it.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}
