//! All settings, each described in one place: its type, syntax, default and documentation.
//!
//! The types of settings, variables, files, messages, `docs/configuration.md` and
//! `cache.example.toml` follow from these three tables. A new setting is an entry here and a method
//! of [`CacheSettings`] or of the builder.

mod fallback;
mod field;
mod secret;
mod syntax;

pub use fallback::Fallback;
pub(super) use field::{Field, Settings};
pub(crate) use secret::Secret;
pub(super) use syntax::path;

use std::time::Duration;

use cachery_syntax::{Backend, Budget, Engine, Eviction, Period, Refresh, Ttl};
use serde::Serialize;

use self::field::{FieldDefault, settings};
use super::prefix;
use crate::codec::Codec;

settings! {
    /// Settings of the whole program from one source: the top of a file, or of a profile.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(crate) struct ProgramSettings;

    /// The settings of the whole program in effect.
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) struct ProgramPolicy;

    /// `false` switches all caches off. While it is `false`, no single cache can be switched on.
    enabled: bool => bool {
        syntax: syntax::SWITCH,
        default: true,
        example: "true",
    }
    /// `true` makes a `CACHE_…` variable of an unknown name an error. Otherwise it is a warning.
    strict: bool => bool {
        syntax: syntax::SWITCH,
        default: false,
        example: "false",
    }
    /// `CACHE_…` variables, and sections such as `cache.other`, that are for other programs.
    external: Vec<String> => Vec<String> {
        syntax: syntax::NAMES,
        unset: "none",
        in_effect: Option::unwrap_or_default,
        example: r#"["CACHE_DIR"]"#,
    }
    /// The most bytes in memory for all caches together. The cache that holds most gives way.
    /// Caches whose values have no known size hold none of them.
    max_bytes: u64 => Option<u64> {
        syntax: syntax::MAX_BYTES,
        unset: "none",
        in_effect: set,
        example: r#""1GiB""#,
    }
    /// The unit of `cost`, as reports name it: a currency or anything else that loads use up.
    cost_unit: String => String {
        syntax: syntax::COST_UNIT,
        default: String::from("USD"),
        example: r#""EUR""#,
    }
}

settings! {
    /// Settings of one cache, or of all caches. A field that is not set keeps its value from a
    /// weaker source: see `docs/configuration.md`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use cachery::config::CacheSettings;
    ///
    /// let settings = CacheSettings::new().ttl(Duration::from_secs(60)).capacity(1_000);
    /// ```
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    pub struct CacheSettings;

    /// The policy of one cached function: its settings in effect, after all configuration.
    ///
    /// ```
    /// use cachery::cached;
    ///
    /// #[cached(name = "length", ttl = "1h")]
    /// async fn length(text: &str) -> usize {
    ///     text.len()
    /// }
    ///
    /// assert_eq!(length::cache().policy().ttl.map(|ttl| ttl.as_secs()), Some(3600));
    /// assert_eq!(length::cache().policy().capacity, 10_000);
    /// ```
    #[derive(Clone, Debug, PartialEq, Serialize)]
    #[non_exhaustive]
    pub struct Policy;

    /// The time for which a value stays fresh, at most. It cannot be set for all caches: each
    /// attribute states its own.
    ttl: Ttl => Option<Duration> {
        syntax: syntax::TTL,
        for_all: false,
        unset: "the attribute's",
        in_effect: time_of,
        serialize_with: "crate::seconds::of_option",
        example: r#""30m""#,
    }
    /// The most entries in memory, for each function.
    capacity: u64 => u64 {
        syntax: syntax::ENTRIES,
        default: 10_000,
        example: "10_000",
    }
    /// `false` switches the cache off: each call runs its function.
    enabled: bool => bool {
        syntax: syntax::SWITCH,
        default: true,
        example: "true",
    }
    /// The place where entries are kept. For all caches, `CACHE_TYPE` is the short spelling of its
    /// variable.
    backend: Backend => Backend {
        syntax: syntax::BACKEND,
        default: Backend::Memory,
        example: r#""memory""#,
    }
    /// The engine that keeps entries in memory. A change takes effect when the program starts
    /// again.
    engine: Engine => Engine {
        syntax: syntax::ENGINE,
        default: Engine::S3Fifo,
        example: r#""moka""#,
    }
    /// The rule by which the engine `moka` evicts. The engine `s3-fifo` has one rule only.
    eviction: Eviction => Eviction {
        syntax: syntax::EVICTION,
        default: Eviction::TinyLfu,
        example: r#""tiny-lfu""#,
    }
    /// The most bytes in memory, for each function. An entry takes the bytes of its key, those of
    /// its value, and 240 more. The function's values need a known size, or `weigh` in its
    /// attribute.
    max_bytes: u64 => Option<u64> {
        syntax: syntax::MAX_BYTES,
        unset: "none",
        in_effect: set,
        example: r#""64MiB""#,
    }
    /// The time after the ttl for which a value is still returned at once, while one caller loads a
    /// new one.
    stale: Period => Option<Duration> {
        syntax: syntax::PERIOD,
        unset: "`off`",
        in_effect: period,
        serialize_with: "crate::seconds::of_option",
        example: r#""10m""#,
    }
    /// The time after the ttl for which a value is returned when its load fails. A shorter one than
    /// `stale` has no effect.
    stale_if_error: Period => Option<Duration> {
        syntax: syntax::PERIOD,
        unset: "`off`",
        in_effect: period,
        serialize_with: "crate::seconds::of_option",
        example: r#""24h""#,
    }
    /// The time after a failed load of a key before the next one, while a value can be returned. It
    /// doubles with each further failure, up to ten times itself.
    retry_after: Duration => Duration {
        syntax: syntax::RETRY,
        default: Duration::from_secs(10),
        serialize_with: "crate::seconds::of",
        example: r#""10s""#,
    }
    /// The share of the ttl after which a value is returned and one caller, or a task, loads a new
    /// one. `auto` stands for the last 20 % of the ttl, and for at most 20 times the mean load time.
    refresh: Refresh => Refresh {
        syntax: syntax::REFRESH,
        default: Refresh::Off,
        example: r#""auto""#,
    }
    /// The life of a `None`, where it is to be shorter than the ttl. `off`: as long as the ttl. The
    /// function's values need to be an `Option`.
    none_ttl: Period => Option<Duration> {
        syntax: syntax::PERIOD,
        unset: "`off`",
        in_effect: period,
        serialize_with: "crate::seconds::of_option",
        example: r#""10s""#,
    }
    /// The time for which memory keeps an error. The function's attribute needs `err_ttl`, too.
    err_ttl: Period => Option<Duration> {
        syntax: syntax::PERIOD,
        unset: "`off`",
        in_effect: period,
        serialize_with: "crate::seconds::of_option",
        example: r#""5s""#,
    }
    /// The time for which the memory of a `tiered` cache keeps a value, where it is to be shorter
    /// than the ttl, for which Redis keeps it. `off`: as long as Redis.
    memory_ttl: Period => Option<Duration> {
        syntax: syntax::PERIOD,
        unset: "`off`",
        in_effect: period,
        serialize_with: "crate::seconds::of_option",
        example: r#""30s""#,
    }
    /// The time after which a load is ended. The call returns a usable value, or an error made of
    /// `cachery::Timeout`. The function's attribute needs a `load_timeout`, which may be `off`.
    load_timeout: Period => Option<Duration> {
        syntax: syntax::TIMEOUT,
        unset: "`off`",
        in_effect: period,
        serialize_with: "crate::seconds::of_option",
        example: r#""30s""#,
    }
    /// The time after which a call returns a usable value and its load goes on. The function's
    /// attribute needs `detach`.
    soft_timeout: Period => Option<Duration> {
        syntax: syntax::TIMEOUT,
        unset: "`off`",
        in_effect: period,
        serialize_with: "crate::seconds::of_option",
        example: r#""500ms""#,
    }
    /// The cost of each load, in place of what the attribute's `cost` says.
    cost: f64 => Option<f64> {
        syntax: syntax::COST,
        unset: "the attribute's",
        in_effect: set,
        example: "0.03",
    }
    /// The most that loads may cost in each window: of the calendar by UTC, or a sliding one. A
    /// load beyond it does not begin: the call returns a usable value, or an error made of
    /// `cachery::OverBudget`. The function's attribute needs a `budget`, which may be `off`.
    budget: Budget => Budget {
        syntax: syntax::BUDGET,
        unset: "`off`",
        in_effect: Option::unwrap_or_default,
        example: r#""50/day""#,
    }
    /// The format in which values are written to Redis. Both formats are read.
    /// `messagepack`, the name of an earlier default, stands for `binary`.
    codec: Codec => Codec {
        syntax: syntax::CODEC,
        default: Codec::Binary,
        example: r#""binary""#,
    }
    /// `true` lets one process load a key while the others wait for its value.
    lease: bool => bool {
        syntax: syntax::SWITCH,
        default: true,
        example: "true",
    }
    /// The most bytes of an encoded value that is sent to Redis. A larger value stays in memory: it
    /// would hold up all calls that share its connection.
    max_value_size: u64 => u64 {
        // About what a local network carries within a call's budget.
        syntax: syntax::BYTES,
        default: 8 << 20,
        example: r#""8MiB""#,
    }
    /// The share of the ttl by which each entry's life is shortened at random, so that entries that
    /// were filled together do not expire together.
    jitter: f64 => f64 {
        syntax: syntax::SHARE,
        default: 0.05,
        example: "0.05",
    }
}

settings! {
    /// Settings of the remote tier from one source.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(crate) struct RemoteSettings;

    /// The settings of the remote tier in effect.
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) struct RemotePolicy;

    /// The URL of Redis. The variable `REDIS_URL` sets it, too; `CACHE_REDIS_URL` wins over it.
    url: Secret => Option<Secret> {
        syntax: syntax::URL,
        stem: "REDIS_",
        unset: "none",
        in_effect: set,
        example: r#""redis://localhost:6379""#,
    }
    /// A PEM file of root certificates for TLS.
    ca: String => Option<String> {
        syntax: syntax::PATH,
        stem: "REDIS_",
        unset: "the system's roots",
        in_effect: set,
        example: r#""certificates/ca.pem""#,
    }
    /// A PEM file of the client's certificate. It needs the `key` of the certificate, too.
    cert: String => Option<String> {
        syntax: syntax::PATH,
        stem: "REDIS_",
        unset: "none",
        in_effect: set,
        example: r#""certificates/client.pem""#,
    }
    /// A PEM file of the client's private key.
    key: String => Option<String> {
        syntax: syntax::PATH,
        stem: "REDIS_",
        unset: "none",
        in_effect: set,
        example: r#""certificates/client-key.pem""#,
    }
    /// A command for the shell that prints the password for Redis in one line. It runs before each
    /// connection, so that the password may be a token that expires, and wins over a password in
    /// the URL.
    password_command: String => Option<String> {
        syntax: syntax::COMMAND,
        stem: "REDIS_",
        unset: "none",
        in_effect: set,
        example: r#""/usr/local/bin/redis-token""#,
    }
    /// The beginning of all keys in Redis. With a profile, the default is `cachery.<profile>`.
    prefix: String => String {
        syntax: syntax::PREFIX,
        default: prefix::DEFAULT.to_owned(),
        example: r#""shop""#,
    }
    /// A secret for the digests of arguments, so that nobody can guess arguments from keys.
    key_secret: Secret => Option<Secret> {
        syntax: syntax::SECRET,
        unset: "none",
        in_effect: set,
        example: r#""write-16-random-bytes-or-more""#,
    }
    /// `true` lets the program start only when Redis can be reached.
    required: bool => bool {
        syntax: syntax::SWITCH,
        default: false,
        example: "false",
    }
    /// The replacement for Redis in `redis` caches while it cannot be reached.
    fallback: Fallback => Fallback {
        syntax: syntax::FALLBACK,
        default: Fallback::Memory,
        example: r#""memory""#,
    }
    /// The time that one call waits for Redis, at most.
    remote_deadline: Duration => Duration {
        // Longer than any healthy reply takes, and shorter than a user notices.
        syntax: syntax::DEADLINE,
        default: Duration::from_millis(100),
        example: r#""100ms""#,
    }
    /// A file that keeps queued invalidations, so that they survive a restart of the process. Each
    /// process of a machine needs its own.
    journal: String => Option<String> {
        syntax: syntax::PATH,
        unset: "none",
        in_effect: set,
        example: r#""/var/lib/shop/cache.journal""#,
    }
    /// The time for which memory keeps entries while invalidations from other nodes cannot reach
    /// it.
    outage_ttl: Duration => Duration {
        syntax: syntax::OUTAGE,
        default: Duration::from_secs(30),
        example: r#""30s""#,
    }
}

/// Returns the setting as it is, without a default.
fn set<T>(setting: Option<T>) -> Option<T> {
    setting
}

/// Returns the time of a period; `None` for one that is off or not set.
fn period(period: Option<Period>) -> Option<Duration> {
    period.and_then(Period::time)
}

/// Returns the time of a ttl, or `None` for one that never ends.
fn time_of(ttl: Option<Ttl>) -> Option<Duration> {
    match ttl {
        Some(Ttl::For(time)) => Some(time),
        Some(Ttl::Forever) | None => None,
    }
}
