//! The words that set something about one cache, and the variables of the whole program.
//!
//! The macro and the configuration read the same lists, so a word means the same in an attribute,
//! in a variable and in a file. Words of later versions stand in them already: a program that uses
//! one of them as a name of its own would mean something else after an update.

/// The way in which this version takes a word that stands in some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Support {
    /// This version reads it.
    Now,
    /// A later version may read it, so it is reserved.
    Later,
    /// It has no meaning there.
    Never,
}

use Support::{Later, Never, Now};

/// A word that sets something about one cache.
///
/// ```
/// use cachery_syntax::{Field, Support};
///
/// let ttl = Field::named("ttl").unwrap();
/// assert_eq!((ttl.argument, ttl.variable), (Support::Now, Support::Now));
/// assert_eq!(Field::named("parallel").unwrap().variable, Support::Later);
/// assert_eq!(Field::named("colour"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The word as an attribute and a file have it.
    pub name: &'static str,
    /// Its use as an argument of `#[cached]`.
    pub argument: Support,
    /// Its use in a file and, in upper case, at the end of `CACHE_<NAME>_<FIELD>`.
    pub variable: Support,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 40] = [
        // Arguments of this version, in the order in which messages list them.
        Self::new("name", Now, Never),
        Self::new("cache", Now, Never),
        Self::new("ttl", Now, Now),
        Self::new("capacity", Now, Now),
        Self::new("key", Now, Never),
        Self::new("skip", Now, Never),
        Self::new("tags", Now, Never),
        Self::new("version", Now, Never),
        Self::new("backend", Now, Now),
        Self::new("local", Now, Never),
        Self::new("engine", Now, Now),
        Self::new("eviction", Now, Now),
        Self::new("max_bytes", Now, Now),
        Self::new("weigh", Now, Never),
        Self::new("stale", Now, Now),
        Self::new("stale_if_error", Now, Now),
        Self::new("retry_after", Now, Now),
        Self::new("refresh", Now, Now),
        Self::new("load_timeout", Now, Now),
        Self::new("soft_timeout", Now, Now),
        Self::new("detach", Now, Later),
        Self::new("cache_if", Now, Never),
        Self::new("ttl_of", Now, Never),
        Self::new("none_ttl", Now, Now),
        Self::new("err_ttl", Now, Now),
        Self::new("share_err", Now, Never),
        Self::new("memory_ttl", Now, Now),
        Self::new("cost", Now, Now),
        Self::new("failed_cost", Now, Never),
        Self::new("budget", Now, Now),
        Self::new("batch", Now, Never),
        Self::new("max", Now, Later),
        Self::new("parallel", Now, Later),
        Self::new("companions", Now, Never),
        Self::new("crate", Now, Never),
        // Settings from outside alone.
        Self::new("enabled", Never, Now),
        Self::new("codec", Never, Now),
        Self::new("lease", Never, Now),
        Self::new("max_value_size", Never, Now),
        Self::new("jitter", Never, Now),
    ];

    const fn new(name: &'static str, argument: Support, variable: Support) -> Self {
        Self { name, argument, variable }
    }

    /// Returns the field that is called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name == name)
    }
}

/// A variable of the whole program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Global {
    /// The whole variable.
    pub variable: &'static str,
    /// Its use. It is never [`Support::Never`].
    pub support: Support,
}

impl Global {
    /// All variables of the whole program that begin with `CACHE_`. `CACHE_DEFAULT_<FIELD>`, which
    /// sets a field of all caches, is not among them.
    pub const ALL: [Self; 20] = [
        Self::new("CACHE_CONFIG", Now),
        Self::new("CACHE_COST_UNIT", Now),
        Self::new("CACHE_ENABLED", Now),
        Self::new("CACHE_ENV", Now),
        Self::new("CACHE_EXTERNAL", Now),
        Self::new("CACHE_FALLBACK", Now),
        Self::new("CACHE_JOURNAL", Now),
        Self::new("CACHE_KEY_SECRET", Now),
        Self::new("CACHE_MAX_BYTES", Now),
        Self::new("CACHE_OUTAGE_TTL", Now),
        Self::new("CACHE_PREFIX", Now),
        Self::new("CACHE_REDIS_URL", Now),
        Self::new("CACHE_REDIS_CA", Now),
        Self::new("CACHE_REDIS_CERT", Now),
        Self::new("CACHE_REDIS_KEY", Now),
        Self::new("CACHE_REDIS_PASSWORD_COMMAND", Now),
        Self::new("CACHE_REMOTE_DEADLINE", Now),
        Self::new("CACHE_REQUIRED", Now),
        Self::new("CACHE_STRICT", Now),
        Self::new("CACHE_TYPE", Now),
    ];

    const fn new(variable: &'static str, support: Support) -> Self {
        Self { variable, support }
    }

    /// The variable without `CACHE_`.
    pub(crate) fn stem(self) -> &'static str {
        self.variable.trim_start_matches("CACHE_")
    }
}
