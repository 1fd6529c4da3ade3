//! Turns values into bytes and back, for a remote tier.
//!
//! A value is stored as bytes only when they are proved to give it back: [`Codec::encode`] reads
//! what it wrote and compares. What cannot come back is told by its reason, an [`Unstorable`].

#[cfg(feature = "remote")]
mod binary;
pub mod equality;
#[cfg(feature = "remote")]
mod json;
mod outcome;
#[cfg(feature = "remote")]
mod proof;
#[cfg(feature = "remote")]
mod stack;

use std::fmt;

use serde::Serialize;
#[cfg(feature = "remote")]
use serde::de::DeserializeOwned;

pub use self::outcome::{Undecodable, Unstorable};
#[cfg(feature = "remote")]
use self::{
    binary::Bounds,
    equality::Equality,
    stack::{DEEP, SHALLOW, on_large_stack},
};

/// The generation of what the codecs, and the header before a stored value, write. It is a part of
/// each cache's fingerprint: releases that write otherwise do not read each other's values.
pub const GENERATION: u32 = 3;

/// The format in which values are written for a remote tier. A cache reads both, so it can be
/// changed at any time.
///
/// A value is stored only when its bytes are proved to give it back, in either format.
///
/// ```
/// use cachery::{Caches, config::{CacheSettings, Codec}};
///
/// let readable_by_others = CacheSettings::new().codec(Codec::Json);
/// let builder = Caches::builder().cache("sentiment", readable_by_others);
/// # let _ = builder;
/// assert_eq!(Codec::default().to_string(), "binary");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Codec {
    /// A format of the project's own. All that a type shows to serde comes back as it was. Fields
    /// stand by their names, so that reordered, added or removed ones are never mistaken for one
    /// another. Bytes take their own length.
    #[default]
    Binary,
    /// JSON, to be read by others too. It cannot say all that serde can: values with `Some(None)`,
    /// NaN or tuples as keys are not stored.
    Json,
}

/// As a setting spells it.
impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binary => "binary",
            Self::Json => "json",
        })
    }
}

impl Codec {
    /// The name of the default format in earlier versions, which wrote `MessagePack`.
    #[allow(non_upper_case_globals, reason = "it was a variant")]
    #[deprecated(note = "write `Codec::Binary`")]
    pub const MessagePack: Self = Self::Binary;
}

#[cfg(feature = "remote")]
impl Codec {
    /// Returns `value` as bytes, at most `size` of them, which are proved to give back an equal
    /// value.
    ///
    /// `equality` is the type's own, where it has one; else the values' bytes are compared.
    ///
    /// # Errors
    /// The reason for which the value is not stored.
    #[doc(hidden)]
    pub fn encode<V>(
        self,
        value: &V,
        equality: Option<Equality<V>>,
        size: u64,
    ) -> Result<Vec<u8>, Unstorable>
    where
        V: Serialize + DeserializeOwned + Send + Sync,
    {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let encode = |depth| self.encode_within(value, equality, Bounds { depth, size });
        match encode(SHALLOW) {
            Err(Unstorable::TooDeep) => {
                on_large_stack(|| encode(DEEP)).unwrap_or(Err(Unstorable::TooDeep))
            }
            done => done,
        }
    }

    fn encode_within<V>(
        self,
        value: &V,
        equality: Option<Equality<V>>,
        bounds: Bounds,
    ) -> Result<Vec<u8>, Unstorable>
    where
        V: Serialize + DeserializeOwned,
    {
        let encode = || match self {
            Self::Binary => proof::binary(value, equality, bounds),
            Self::Json => proof::other(value, equality, bounds, json::write, json::read),
        };
        guarded(encode).unwrap_or(Err(Unstorable::Panicked))
    }

    /// Returns the value that was stored as `bytes`.
    ///
    /// # Errors
    /// The reason for which the bytes are not taken for a value.
    #[doc(hidden)]
    pub fn decode<V: DeserializeOwned + Send>(self, bytes: &[u8]) -> Result<V, Undecodable> {
        self.decode_within(bytes, SHALLOW)
            .or_else(|| on_large_stack(|| self.decode_within(bytes, DEEP)).flatten())
            .unwrap_or(Err(Undecodable::Corrupt))
    }

    /// Returns `None` when the value is nested more deeply than `depth`.
    fn decode_within<V: DeserializeOwned>(
        self,
        bytes: &[u8],
        depth: usize,
    ) -> Option<Result<V, Undecodable>> {
        let decode = || match self {
            Self::Binary => decode_binary(bytes, depth),
            Self::Json => (json::nesting(bytes) <= depth).then(|| json::read(bytes)),
        };
        guarded(decode).unwrap_or(Some(Err(Undecodable::Corrupt)))
    }
}

#[cfg(feature = "remote")]
fn decode_binary<V: DeserializeOwned>(
    bytes: &[u8],
    depth: usize,
) -> Option<Result<V, Undecodable>> {
    let Some((written, missing)) = binary::open(bytes) else {
        return Some(Err(Undecodable::Corrupt));
    };
    match binary::read::<V>(written, depth) {
        Ok(read) if read.missing > missing => Some(Err(Undecodable::OtherFields)),
        Ok(read) => Some(Ok(read.value)),
        Err(binary::Error::TooDeep) => None,
        Err(_) => Some(Err(Undecodable::Corrupt)),
    }
}

/// Runs code that may be the user's. Returns `None` when it panicked, because that must not reach
/// a caller whose value is there.
#[cfg(feature = "remote")]
fn guarded<T>(convert: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(convert)).ok()
}
