//! The fingerprint, which separates the entries of two programs, or of two versions of one, for
//! functions of one name.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use crate::codec;

/// 64 bits over a call site's identity, its types as written and its version. It is part of a
/// stored key, and reports show it.
///
/// ```
/// use cachery::stats::Fingerprint;
///
/// let fingerprint: Fingerprint = "da28d4c4311462a3".parse().unwrap();
/// assert_eq!(fingerprint.to_string(), "da28d4c4311462a3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Returns the first eight bytes of blake3 over the parts, each after its length, the version,
    /// and the generation of the codecs.
    pub(crate) fn of(parts: &[&str], version: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        hasher.update(&version.to_le_bytes());
        hasher.update(&codec::GENERATION.to_le_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Self(u64::from_be_bytes(first))
    }

    /// Returns sixteen hexadecimal digits. They are made without the machinery of formatting,
    /// because each key in a remote tier has them.
    ///
    /// ```
    /// # use cachery::stats::Fingerprint;
    /// let fingerprint: Fingerprint = "da28d4c4311462a3".parse().unwrap();
    /// assert_eq!(&fingerprint.digits(), b"da28d4c4311462a3");
    /// ```
    #[must_use]
    pub fn digits(self) -> [u8; 16] {
        std::array::from_fn(|place| {
            let digit = self.0 >> (60 - 4 * place) & 0xf;
            b"0123456789abcdef"[digit as usize]
        })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Reads the text that `Display` writes, and nothing else.
impl FromStr for Fingerprint {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits =
            text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if digits { u64::from_str_radix(text, 16).map(Self).map_err(|_| ()) } else { Err(()) }
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [&str; 3] =
        ["sentiment", "shop::analyze", "(u64,&str)->Result<Sentiment,ApiError>"];

    #[test]
    fn a_fingerprint_is_frozen() {
        // Deployed entries are found by it: when this changes, every cache starts cold.
        let fingerprint = Fingerprint::of(&PARTS, 0);
        assert_eq!(fingerprint.to_string(), "5df6bc9eb0c12b80");
        assert_eq!(&fingerprint.digits(), b"5df6bc9eb0c12b80");
    }

    #[test]
    fn every_part_counts() {
        let all = [
            Fingerprint::of(&PARTS, 0),
            Fingerprint::of(&PARTS, 1),
            Fingerprint::of(&["sentiments", "hop::analyze", PARTS[2]], 0),
            Fingerprint::of(&["sentiment", "shop::orders::analyze", PARTS[2]], 0),
            Fingerprint::of(
                &["sentiment", "shop::analyze", "(u64,String)->Result<Sentiment,ApiError>"],
                0,
            ),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
    }
}
