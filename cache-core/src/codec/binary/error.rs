//! Reasons why a value could not be written or read. They never say what stood in it.

use std::{convert::Infallible, fmt, num::TryFromIntError};

use serde::{de, ser};

/// A reason why a value could not be written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::codec) enum Error {
    /// The value is nested too deeply.
    TooDeep,
    /// The value takes more bytes than it may.
    TooLarge,
    /// `Serialize` or `Deserialize` of the value's type refused, or did not get what it asked for.
    Refused,
    /// The bytes are not what the writer writes.
    Malformed,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooDeep => "nested too deeply",
            Self::TooLarge => "too large",
            Self::Refused => "refused by the value's type",
            Self::Malformed => "malformed bytes",
        })
    }
}

impl std::error::Error for Error {}

/// A number beyond the type that it was written as.
impl From<TryFromIntError> for Error {
    fn from(_: TryFromIntError) -> Self {
        Self::Malformed
    }
}

/// A number of the same type.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

// Messages are dropped, because serde's name parts of the value.
impl ser::Error for Error {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Refused
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Refused
    }

    // The defaults format a message first, which is dropped; `untagged` enums come here for each
    // variant that does not fit.
    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::Refused
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::Refused
    }
}
