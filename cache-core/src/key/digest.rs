//! The digest of a key.

use std::fmt;

/// 256 bits that stand for the bytes of a key. Nobody can construct two keys of one digest. With a
/// secret, nobody who sees digests can find out arguments by trying.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

/// Never the digest: short arguments could be guessed from it.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}
