//! How a value becomes bytes, for a remote tier.

use std::fmt;

use serde::Serialize;

/// How values are written for a remote tier. A cache reads both, so it can be changed at any time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Codec {
    /// `MessagePack` with the names of fields, so that reordered, added or removed fields are never mistaken for one another.
    #[default]
    MessagePack,
    /// JSON, to be read by others too.
    Json,
}

/// As a setting spells it.
impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MessagePack => "messagepack",
            Self::Json => "json",
        })
    }
}

/// Why a value could not be written or read. Never says what stood in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodecError;

#[cfg(feature = "remote")]
impl Codec {
    /// `value` as bytes.
    pub(crate) fn write<V: Serialize>(self, value: &V) -> Result<Vec<u8>, CodecError> {
        guarded(|| match self {
            Self::MessagePack => rmp_serde::to_vec_named(value).ok(),
            Self::Json => serde_json::to_vec(value).ok(),
        })
    }

    /// The value that was written as `bytes`.
    pub(crate) fn read<V: serde::de::DeserializeOwned>(
        self,
        bytes: &[u8],
    ) -> Result<V, CodecError> {
        guarded(|| match self {
            Self::MessagePack => rmp_serde::from_slice(bytes).ok(),
            Self::Json => serde_json::from_slice(bytes).ok(),
        })
    }
}

/// `Serialize` and `Deserialize` may be the user's code: what panics in them must not hit a caller whose value is there.
#[cfg(feature = "remote")]
fn guarded<T>(convert: impl FnOnce() -> Option<T>) -> Result<T, CodecError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(convert)).ok().flatten().ok_or(CodecError)
}
