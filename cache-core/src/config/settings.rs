//! Setters of [`CacheSettings`]: one for each field of a cache.

use std::time::Duration;

use cachery_syntax::{Backend, Budget, Engine, Eviction, Period, Refresh, Ttl};

use super::fields::CacheSettings;
use crate::codec::Codec;

impl CacheSettings {
    /// Returns settings of which none is set.
    ///
    /// ```
    /// use cachery::{Caches, config::CacheSettings};
    ///
    /// let small = CacheSettings::new().capacity(100);
    /// let builder = Caches::builder().all(small).cache("sentiment", small.lease(false));
    /// ```
    pub const fn new() -> Self {
        Self::UNSET
    }

    /// Switches caching on or off. While it is off, each call runs its function, alone.
    ///
    /// ```
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().enabled(false);
    /// ```
    #[must_use]
    pub const fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }

    /// Sets the time for which a value stays fresh. Zero is refused, and so is a ttl for all
    /// caches: each attribute states its own.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().ttl(Duration::from_secs(60));
    /// ```
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(Ttl::For(ttl));
        self
    }

    /// Lets values never expire. Refused for all caches, as [`ttl`](Self::ttl) is.
    ///
    /// ```
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().forever();
    /// ```
    #[must_use]
    pub const fn forever(mut self) -> Self {
        self.ttl = Some(Ttl::Forever);
        self
    }

    /// Sets the most entries in memory, for each function. Zero is refused: switch the cache off
    /// instead.
    ///
    /// ```
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().capacity(1_000);
    /// ```
    #[must_use]
    pub const fn capacity(mut self, entries: u64) -> Self {
        self.capacity = Some(entries);
        self
    }

    /// Sets the most bytes in memory, for each function whose values have a known size or a `weigh`.
    /// Zero is refused. For one cache whose values have neither, it is refused, too.
    ///
    /// ```
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().max_bytes(64 << 20);
    /// ```
    #[must_use]
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Sets the share of the ttl, 0 to 1, by which each entry's life is shortened at random. The
    /// default is 0.05.
    ///
    /// ```
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().jitter(0.1);
    /// ```
    #[must_use]
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = Some(share);
        self
    }

    /// Sets the place where entries are kept. The default is [`Backend::Memory`]; a function whose
    /// attribute says `local` stays there.
    ///
    /// ```
    /// use cachery::{Backend, config::CacheSettings};
    ///
    /// let settings = CacheSettings::new().backend(Backend::Tiered);
    /// ```
    #[must_use]
    pub const fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Sets the engine that keeps entries in memory. The default is [`Engine::S3Fifo`].
    ///
    /// ```
    /// use cachery::config::{CacheSettings, Engine};
    ///
    /// let settings = CacheSettings::new().engine(Engine::Moka);
    /// ```
    #[must_use]
    pub const fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// Sets the rule by which [`Engine::Moka`] evicts. The default is [`Eviction::TinyLfu`].
    ///
    /// ```
    /// use cachery::config::{CacheSettings, Engine, Eviction};
    ///
    /// let settings = CacheSettings::new().engine(Engine::Moka).eviction(Eviction::Lru);
    /// ```
    #[must_use]
    pub const fn eviction(mut self, eviction: Eviction) -> Self {
        self.eviction = Some(eviction);
        self
    }

    /// Sets the time after the ttl for which a value is still returned at once, while one caller
    /// loads a new one. There is none by default; zero switches it off against the attribute.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().stale(Duration::from_secs(600));
    /// ```
    #[must_use]
    pub const fn stale(mut self, time: Duration) -> Self {
        self.stale = Some(Period::of(time));
        self
    }

    /// Sets the time after the ttl for which a value is returned when its load fails. There is none
    /// by default; zero switches it off against the attribute.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().stale_if_error(Duration::from_secs(86_400));
    /// ```
    #[must_use]
    pub const fn stale_if_error(mut self, time: Duration) -> Self {
        self.stale_if_error = Some(Period::of(time));
        self
    }

    /// Sets the time after a failed load of a key before the next one, while a value can be
    /// returned. The default is 10 s. It doubles with each further failure, up to ten times itself.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().retry_after(Duration::from_secs(5));
    /// ```
    #[must_use]
    pub const fn retry_after(mut self, time: Duration) -> Self {
        self.retry_after = Some(time);
        self
    }

    /// Sets the share of the ttl after which a value is returned and one caller, or a task, loads a
    /// new one. The default is [`Refresh::Off`].
    ///
    /// ```
    /// use cachery::config::{CacheSettings, Refresh};
    ///
    /// let settings = CacheSettings::new().refresh(Refresh::After(80));
    /// ```
    #[must_use]
    pub const fn refresh(mut self, refresh: Refresh) -> Self {
        self.refresh = Some(refresh);
        self
    }

    /// Sets the life of a `None`, where it is to be shorter than the ttl. Zero makes it as long as
    /// the ttl, against the attribute. The function's values need to be an `Option`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().none_ttl(Duration::from_secs(10));
    /// ```
    #[must_use]
    pub const fn none_ttl(mut self, time: Duration) -> Self {
        self.none_ttl = Some(Period::of(time));
        self
    }

    /// Sets the time for which memory keeps an error. Zero keeps none, against the attribute. The
    /// function's attribute needs `err_ttl`, too.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().err_ttl(Duration::from_secs(5));
    /// ```
    #[must_use]
    pub const fn err_ttl(mut self, time: Duration) -> Self {
        self.err_ttl = Some(Period::of(time));
        self
    }

    /// Sets the time for which the memory of a tiered cache keeps a value, where it is to be shorter
    /// than the ttl. Zero makes it as long as the ttl, against the attribute.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().memory_ttl(Duration::from_secs(30));
    /// ```
    #[must_use]
    pub const fn memory_ttl(mut self, time: Duration) -> Self {
        self.memory_ttl = Some(Period::of(time));
        self
    }

    /// Sets the time after which a load is ended. The call returns a usable value, or an error made
    /// of a [`Timeout`](crate::Timeout). There is none by default; zero switches it off against the
    /// attribute. For one cache it is refused where a function's attribute has no `load_timeout`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().load_timeout(Duration::from_secs(30));
    /// ```
    #[must_use]
    pub const fn load_timeout(mut self, time: Duration) -> Self {
        self.load_timeout = Some(Period::of(time));
        self
    }

    /// Sets the time after which a call returns a usable value while its load goes on. There is none
    /// by default; zero switches it off against the attribute. For one cache it is refused where a
    /// function has no `detach`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().soft_timeout(Duration::from_millis(500));
    /// ```
    #[must_use]
    pub const fn soft_timeout(mut self, time: Duration) -> Self {
        self.soft_timeout = Some(Period::of(time));
        self
    }

    /// Sets the cost of each load, in units of `CACHE_COST_UNIT`, in place of what the attribute's
    /// `cost` says.
    ///
    /// ```
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().cost(0.03);
    /// ```
    #[must_use]
    pub const fn cost(mut self, units: f64) -> Self {
        self.cost = Some(units);
        self
    }

    /// Sets the most that loads may cost in each window. A load beyond it does not begin: its call
    /// returns a usable value, or an error made of an [`OverBudget`](crate::OverBudget). The default
    /// is [`Budget::Off`]. For one cache it is refused where a function's attribute has no `budget`.
    ///
    /// ```
    /// use cachery::config::{Budget, CacheSettings, Window};
    ///
    /// let settings = CacheSettings::new().budget(Budget::of(50.0, Window::Day));
    /// ```
    #[must_use]
    pub const fn budget(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Sets the format in which values are written to Redis. The default is [`Codec::Binary`].
    /// Both formats are read.
    ///
    /// ```
    /// use cachery::config::{CacheSettings, Codec};
    ///
    /// let settings = CacheSettings::new().codec(Codec::Json);
    /// ```
    #[must_use]
    pub const fn codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// Lets one process load a key while the others wait for its value. The default is `true`; with
    /// `false` each process loads for itself. Values are as correct either way.
    ///
    /// ```
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().lease(false);
    /// ```
    #[must_use]
    pub const fn lease(mut self, lease: bool) -> Self {
        self.lease = Some(lease);
        self
    }

    /// Sets the most bytes of an encoded value that is sent to Redis. The default is 8 MiB. Zero is
    /// refused.
    ///
    /// ```
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().max_value_size(1 << 20);
    /// ```
    #[must_use]
    pub const fn max_value_size(mut self, bytes: u64) -> Self {
        self.max_value_size = Some(bytes);
        self
    }
}
