//! The replacement for an unreachable Redis.

use std::fmt;

use serde::Serialize;

/// The replacement for Redis in `redis` caches while it cannot be reached.
///
/// ```
/// use cachery::{Caches, config::Fallback};
///
/// let builder = Caches::builder().fallback(Fallback::Off);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Fallback {
    /// This process's memory keeps values, for the outage ttl at most.
    #[default]
    Memory,
    /// Every call runs its function.
    Off,
}

/// Writes the word that a setting has for it.
impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Off => "off",
        })
    }
}
