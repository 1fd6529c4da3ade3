//! The backends of caches.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::choice::{ChoiceError, choose};

/// The place where a cache keeps its entries, as an attribute, a file or a variable says it.
///
/// ```
/// use cachery_syntax::Backend;
///
/// assert_eq!("tiered".parse(), Ok(Backend::Tiered));
/// assert_eq!("redsi".parse::<Backend>().unwrap_err().to_string(), r#""redsi" is not a backend: did you mean "redis"?"#);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Backend {
    /// In this process alone.
    #[default]
    Memory,
    /// In Redis alone, shared by all processes: each hit is one round trip, and always current.
    Redis,
    /// In Redis, with this process's memory in front of it.
    Tiered,
}

impl Backend {
    const ALL: [Self; 3] = [Self::Memory, Self::Redis, Self::Tiered];

    /// Returns true if entries leave this process.
    ///
    /// ```
    /// use cachery_syntax::Backend;
    ///
    /// assert!(Backend::Tiered.is_remote() && !Backend::Memory.is_remote());
    /// ```
    pub const fn is_remote(self) -> bool {
        !matches!(self, Self::Memory)
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Redis => "redis",
            Self::Tiered => "tiered",
        }
    }
}

impl FromStr for Backend {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        choose(text, "backend", &Self::ALL.map(|backend| (backend.word(), backend)))
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
