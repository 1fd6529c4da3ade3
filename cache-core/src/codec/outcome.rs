//! Reasons for which a value is not stored as bytes, or not taken from them.

use std::fmt;

/// A reason for which a value is not stored as bytes. The memory tier can keep it all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unstorable {
    /// `Serialize` returned an error.
    NotSerializable,
    /// `Deserialize` returned an error for what had just been written.
    DoesNotReadBack,
    /// The value that was read back is another one.
    NotEqual,
    /// The value holds values that hold values, and so on, beyond what is sure to fit a thread's
    /// stack.
    TooDeep,
    /// The written value has more bytes than the cache's `max_value_size`.
    TooLarge,
    /// `Serialize`, `Deserialize` or `PartialEq` panicked.
    Panicked,
    /// Two types that tell the calls of a generic function apart differ only by their paths, which
    /// keys that outlive a release leave out.
    AlikeTypes,
}

impl Unstorable {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::NotSerializable,
        Self::DoesNotReadBack,
        Self::NotEqual,
        Self::TooDeep,
        Self::TooLarge,
        Self::Panicked,
        Self::AlikeTypes,
    ];

    /// Returns the reason in one word, as a metric's label spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSerializable => "not-serializable",
            Self::DoesNotReadBack => "does-not-read-back",
            Self::NotEqual => "not-equal",
            Self::TooDeep => "too-deep",
            Self::TooLarge => "too-large",
            Self::Panicked => "panicked",
            Self::AlikeTypes => "alike-types",
        }
    }

    /// Returns what was found and what to do, to follow "a value is not stored:".
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NotSerializable => {
                "its `Serialize` returned an error. The codec `json` takes only text, numbers and \
                 variants as keys of maps: use `binary`, or keep the cache in memory with `local`"
            }
            Self::DoesNotReadBack => {
                "its `Deserialize` refused what its `Serialize` had written. Inside `untagged`, \
                 `tag` and `flatten` serde has no 128-bit numbers and no raw JSON; the codec \
                 `json` has no NaN and no infinity. Use `binary` or change the type, or keep the \
                 cache in memory with `local`"
            }
            Self::NotEqual => {
                "it came back as another value. A field with `#[serde(skip)]` comes back as its \
                 default, an `untagged` enum as the first variant that fits, and with the codec \
                 `json` `Some(None)` as `None`. Let serde see all that counts, use `binary`, or \
                 keep the cache in memory with `local`"
            }
            Self::TooDeep => {
                "it nests more than 250 levels deep, with the codec `json` more than 127. Return \
                 it flat, for example as a list with indices, or keep the cache in memory with \
                 `local`"
            }
            Self::TooLarge => {
                "it has more bytes than `max_value_size`. Raise the limit, return less, or keep \
                 the cache in memory with `local`"
            }
            Self::Panicked => {
                "its `Serialize`, `Deserialize` or `PartialEq` panicked; the panic's message says \
                 where. Correct it, or keep the cache in memory with `local`"
            }
            Self::AlikeTypes => {
                "it belongs to one of two instances whose types differ only by their paths, as \
                 `orders::Row` and `users::Row` do, and keys in Redis have no paths. Give one of \
                 the types another name, or keep the cache in memory with `local`"
            }
        }
    }
}

impl fmt::Display for Unstorable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::error::Error for Unstorable {}

/// A reason for which stored bytes are not taken for a value. Either is a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Undecodable {
    /// The bytes cannot be decoded.
    Corrupt,
    /// The value's type has fields that the writer's did not have.
    ///
    /// Serde would give them their defaults, where the function may now return something else. Two
    /// releases of a program differ in a type, and the cache's `version` is the same.
    OtherFields,
}

impl Undecodable {
    /// Returns the reason in one word, as a metric's label spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Corrupt => "corrupt",
            Self::OtherFields => "other-fields",
        }
    }

    /// Returns what was found and what to do, to follow "a stored value is not used:".
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Corrupt => "its bytes cannot be decoded. The next load replaces it",
            Self::OtherFields => {
                "its type lacked fields when it was stored, by another release. Raise `version` \
                 when a cached type changes, and each release has entries of its own"
            }
        }
    }
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::error::Error for Undecodable {}
