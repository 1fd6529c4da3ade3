//! The engines of memory, and the rules by which they evict.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::choice::{ChoiceError, choose};

/// The engine that keeps a cache's entries in memory, as an attribute, a file or a variable says
/// it.
///
/// ```
/// use cachery_syntax::Engine;
///
/// assert_eq!("moka".parse(), Ok(Engine::Moka));
/// assert_eq!("mocka".parse::<Engine>().unwrap_err().to_string(), r#""mocka" is not a memory engine: did you mean "moka"?"#);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Engine {
    /// A table of Cachery's own, which evicts by S3-FIFO: the fastest hits, an exact capacity.
    #[default]
    S3Fifo,
    /// The crate moka, which evicts by `TinyLFU` or LRU.
    Moka,
}

impl Engine {
    const ALL: [Self; 2] = [Self::S3Fifo, Self::Moka];

    const fn word(self) -> &'static str {
        match self {
            Self::S3Fifo => "s3-fifo",
            Self::Moka => "moka",
        }
    }
}

impl FromStr for Engine {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        choose(text, "memory engine", &Self::ALL.map(|engine| (engine.word(), engine)))
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The rule by which [`Engine::Moka`] chooses the entry that leaves a full cache.
///
/// ```
/// use cachery_syntax::Eviction;
///
/// assert_eq!("lru".parse(), Ok(Eviction::Lru));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Eviction {
    /// The entry that was asked for least often leaves.
    #[default]
    TinyLfu,
    /// The entry that was not asked for longest leaves.
    Lru,
}

impl Eviction {
    const ALL: [Self; 2] = [Self::TinyLfu, Self::Lru];

    const fn word(self) -> &'static str {
        match self {
            Self::TinyLfu => "tiny-lfu",
            Self::Lru => "lru",
        }
    }
}

impl FromStr for Eviction {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        choose(text, "rule of eviction", &Self::ALL.map(|eviction| (eviction.word(), eviction)))
    }
}

impl fmt::Display for Eviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
