//! Audit lines: who changes what. Never a key, a value or a secret.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::LazyLock,
};

/// Writes the line of a change that is about to be made.
pub(super) fn line(caller: &str, action: &str, name: &str) {
    tracing::info!(target: "cachery::audit", caller, action, name, "a change from outside");
}

/// Writes the line of a change to one key of a cache, or to one value of a tag, with a digest: equal
/// keys have equal digests in this process.
pub(super) fn line_with_key(caller: &str, action: &str, name: &str, key: &[u8]) {
    let digest = digest(key);
    tracing::info!(target: "cachery::audit", caller, action, name, digest, "a change from outside");
}

/// Returns a digest by which nobody can find out a key by trying: it depends on a secret that the
/// process draws.
fn digest(key: &[u8]) -> String {
    static SECRET: LazyLock<[u8; 32]> = LazyLock::new(|| {
        // The operating system's randomness, which the standard library hashes with.
        let random = [0_u8; 4].map(|_| RandomState::new().hash_one(()).to_le_bytes());
        blake3::derive_key("cachery 2026-11 audit digest", random.as_flattened())
    });
    blake3::keyed_hash(&SECRET, key).to_hex()[..16].to_owned()
}
