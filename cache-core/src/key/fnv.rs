//! FNV-1a, for hashes at compile time.

/// The offset basis and the prime of 64-bit FNV, from <http://www.isthe.com/chongo/tech/comp/fnv/>.
pub(super) const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// Returns the shape of a type as the derive writes it into a key: the 64-bit FNV-1a hash of its
/// description.
///
/// It separates versions of one program, not hostile arguments, so it needs no cryptographic hash.
/// FNV is the simplest one that a const fn computes.
#[doc(hidden)]
pub const fn shape(text: &str) -> u64 {
    fnv1a(OFFSET_BASIS, text.as_bytes())
}

/// Continues the hash `state` with `bytes`.
pub(super) const fn fnv1a(mut state: u64, bytes: &[u8]) -> u64 {
    let mut index = 0;
    // A const fn has no iterators.
    while index < bytes.len() {
        state = (state ^ bytes[index] as u64).wrapping_mul(PRIME);
        index += 1;
    }
    state
}
