//! What can be set for a cache.

use std::time::Duration;

use cachery_syntax::{Backend, MAX_DURATION, Ttl};

use super::source::Source;
use crate::{codec::Codec, error::Fault};

/// Settings of which each may be said or not.
pub(crate) trait Settings: Clone + Default {
    /// These settings where they say something, else `lower`.
    #[must_use]
    fn over(self, lower: Self) -> Self;
}

/// Settings for one cache, or for all: what is not set is left to the layer below.
///
/// ```
/// # use std::time::Duration;
/// # use cachery_core as cachery;
/// use cachery::CacheSettings;
/// let settings = CacheSettings::new().ttl(Duration::from_secs(60)).capacity(1_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CacheSettings {
    pub(crate) enabled: Option<bool>,
    pub(crate) ttl: Option<Ttl>,
    pub(crate) capacity: Option<u64>,
    pub(crate) jitter: Option<f64>,
    pub(crate) backend: Option<Backend>,
    pub(crate) codec: Option<Codec>,
    pub(crate) lease: Option<bool>,
    pub(crate) max_value_size: Option<u64>,
}

impl CacheSettings {
    /// Nothing set.
    pub const fn new() -> Self {
        Self {
            enabled: None,
            ttl: None,
            capacity: None,
            jitter: None,
            backend: None,
            codec: None,
            lease: None,
            max_value_size: None,
        }
    }

    /// Whether calls are cached. While they are not, each runs its function, alone.
    #[must_use]
    pub const fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }

    /// How long a value stays fresh. Zero is refused, and so is a value for all caches: each attribute states its own.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(Ttl::For(ttl));
        self
    }

    /// Values never expire. Refused for all caches, as [`ttl`](Self::ttl) is.
    #[must_use]
    pub const fn forever(mut self) -> Self {
        self.ttl = Some(Ttl::Forever);
        self
    }

    /// The most entries in memory, for each call site. Zero is refused: switch the cache off instead.
    #[must_use]
    pub const fn capacity(mut self, entries: u64) -> Self {
        self.capacity = Some(entries);
        self
    }

    /// The share of the ttl, 0 to 1, by which each entry's life is randomly shortened. The default is 0.05.
    #[must_use]
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = Some(share);
        self
    }

    /// Where entries are kept. The default is [`Backend::Memory`]; a function whose attribute says `local` stays there.
    #[must_use]
    pub const fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// How values are written for the remote tier; both ways are read. The default is [`Codec::MessagePack`].
    #[must_use]
    pub const fn codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// Whether a load of one process is waited for by others. The default is `true`; with `false` each process loads for
    /// itself. Values are as correct either way.
    #[must_use]
    pub const fn lease(mut self, lease: bool) -> Self {
        self.lease = Some(lease);
        self
    }

    /// The most bytes of an encoded value that the remote tier is sent. The default is 8 MiB. Zero is refused.
    #[must_use]
    pub const fn max_value_size(mut self, bytes: u64) -> Self {
        self.max_value_size = Some(bytes);
        self
    }

    /// Tells what no cache can have. `whose` completes "builder: … ".
    pub(super) fn check(&self, whose: &str, faults: &mut Vec<Fault>) {
        let mut refuse =
            |what: &str| faults.push(Fault::of_setting(&Source::Builder, &format!("{what} {whose}")));
        if self.ttl == Some(Ttl::For(Duration::ZERO)) {
            refuse("a ttl of zero keeps nothing; use `enabled(false)` to switch caching off");
        }
        if matches!(self.ttl, Some(Ttl::For(ttl)) if ttl > MAX_DURATION) {
            refuse("a ttl of more than a century is refused; use `forever()`");
        }
        if self.capacity == Some(0) {
            refuse("a capacity of zero holds nothing; use `enabled(false)` to switch caching off");
        }
        if self.jitter.is_some_and(|jitter| !(0.0..=1.0).contains(&jitter)) {
            refuse("jitter is a share of the ttl, from 0 to 1,");
        }
        if self.max_value_size == Some(0) {
            refuse("a value size of zero sends nothing; use `backend(Backend::Memory)` to stay in memory");
        }
    }
}

impl Settings for CacheSettings {
    fn over(self, lower: Self) -> Self {
        Self {
            enabled: self.enabled.or(lower.enabled),
            ttl: self.ttl.or(lower.ttl),
            capacity: self.capacity.or(lower.capacity),
            jitter: self.jitter.or(lower.jitter),
            backend: self.backend.or(lower.backend),
            codec: self.codec.or(lower.codec),
            lease: self.lease.or(lower.lease),
            max_value_size: self.max_value_size.or(lower.max_value_size),
        }
    }
}
