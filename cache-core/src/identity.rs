//! The identity of a cache and its fingerprint, as text in a remote store.
//!
//! The identity lasts from one release of a program to the next. The fingerprint separates the
//! entries of releases that differ in a cache's key, value or version.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use crate::codec;

/// 64 bits for that by which a program knows one of its caches: the written `name`, or else the
/// path of the function.
///
/// Tokens and markers in a remote store carry it, so an invalidation reaches the entries of every
/// release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity(u64);

/// 64 bits over a cache's identity, its types as written, its version and the generation of the
/// codecs. It is part of a stored key, and reports show it.
///
/// ```
/// use cachery::stats::Fingerprint;
///
/// let fingerprint: Fingerprint = "da28d4c4311462a3".parse().unwrap();
/// assert_eq!(fingerprint.to_string(), "da28d4c4311462a3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Identity {
    pub(crate) fn of(parts: &[&str]) -> Self {
        Self(first_eight(&hasher_of(parts)))
    }

    /// Returns sixteen hexadecimal digits.
    #[must_use]
    pub fn digits(self) -> [u8; 16] {
        digits(self.0)
    }
}

impl Fingerprint {
    /// Returns the fingerprint of the cache with this identity, by the text of its key, the text
    /// of its value and its version.
    pub(crate) fn of(identity: Identity, key: &str, value: &str, version: u32) -> Self {
        let mut hasher = hasher_of(&[key, value]);
        hasher.update(&identity.0.to_le_bytes());
        hasher.update(&version.to_le_bytes());
        hasher.update(&codec::GENERATION.to_le_bytes());
        Self(first_eight(&hasher))
    }

    /// Returns the fingerprint of an instance of a generic function, by the hash of its types' full
    /// names.
    pub(crate) fn with_types(self, full: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0.to_le_bytes()).update(&full.to_le_bytes());
        Self(first_eight(&hasher))
    }

    /// Returns sixteen hexadecimal digits.
    ///
    /// ```
    /// # use cachery::stats::Fingerprint;
    /// let fingerprint: Fingerprint = "da28d4c4311462a3".parse().unwrap();
    /// assert_eq!(&fingerprint.digits(), b"da28d4c4311462a3");
    /// ```
    #[must_use]
    pub fn digits(self) -> [u8; 16] {
        digits(self.0)
    }
}

/// Returns a hasher that has seen the parts, each after its length.
fn hasher_of(parts: &[&str]) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher
}

fn first_eight(hasher: &blake3::Hasher) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_be_bytes(first)
}

/// Returns the digits without the machinery of formatting, because each key in a remote tier has
/// them.
fn digits(number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    let written = const_hex::encode_to_slice(number.to_be_bytes(), &mut digits);
    written.expect("two digits for each byte");
    digits
}

/// Reads sixteen digits as [`digits`] writes them, and nothing else.
fn parse(text: &str) -> Result<u64, ()> {
    let digits = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if digits { u64::from_str_radix(text, 16).map_err(|_| ()) } else { Err(()) }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Reads the text that `Display` writes, and nothing else.
impl FromStr for Identity {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        parse(text).map(Self)
    }
}

/// Reads the text that `Display` writes, and nothing else.
impl FromStr for Fingerprint {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        parse(text).map(Self)
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

    const KEY: &str = "(tenant:u64,text:&str)";
    const VALUE: &str = "Result<Sentiment,ApiError>";

    #[test]
    fn identities_and_fingerprints_are_frozen() {
        // Deployed entries are found by them: when one changes, every cache starts cold.
        let identity = Identity::of(&["sentiment"]);
        assert_eq!(identity.to_string(), "e9f68a608bad5c16");
        assert_eq!(identity.digits(), *identity.to_string().as_bytes());
        assert_eq!(Fingerprint::of(identity, KEY, VALUE, 0).to_string(), "4b6727e35669f2d2");
    }

    #[test]
    fn the_fingerprint_of_an_instance_is_frozen_too() {
        let of_instance = Fingerprint(0x4b67_27e3_5669_f2d2).with_types(7);
        assert_eq!(of_instance.to_string(), "d98ecf98ea4a8f2a");
        assert_ne!(of_instance, Fingerprint(0x4b67_27e3_5669_f2d2).with_types(8));
    }

    #[test]
    fn every_part_counts() {
        let identity = Identity::of(&["sentiment"]);
        let of_function = Identity::of(&["sentiment", "shop::analyze"]);
        let all = [
            Fingerprint::of(identity, KEY, VALUE, 0),
            Fingerprint::of(identity, KEY, VALUE, 1),
            Fingerprint::of(of_function, KEY, VALUE, 0),
            Fingerprint::of(Identity::of(&["sentiments", "hop::analyze"]), KEY, VALUE, 0),
            Fingerprint::of(identity, "(tenant:u64,text:String)", VALUE, 0),
            Fingerprint::of(identity, KEY, "Sentiment", 0),
            Fingerprint::of(identity, "(tenant:u64,text:&str)R", "esult<Sentiment,ApiError>", 0),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
    }

    #[test]
    fn only_sixteen_small_digits_are_read() {
        assert!("da28d4c4311462a3".parse::<Identity>().is_ok());
        for text in ["DA28d4c4311462a3", "a28d4c4311462a3", "+a28d4c4311462a3", ""] {
            assert_eq!(text.parse::<Identity>(), Err(()), "{text}");
        }
    }
}
