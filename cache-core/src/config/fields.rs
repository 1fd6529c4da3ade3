//! All that can be set. Variables, files, messages, `docs/configuration.md` and `cache.example.toml` follow from these tables.

use cachery_syntax::format_duration;

use super::{
    field::{Field, field},
    program::ProgramSettings,
    remote::RemoteLayer,
    settings::CacheSettings,
    values,
};

/// What is shown in place of a private value.
pub(super) const HIDDEN: &str = "(not shown)";

/// For the whole program: the top of a file, or of a profile.
pub(super) const PROGRAM: [Field<ProgramSettings>; 3] = [
    field!(ProgramSettings.enabled, values::switch, bool::to_string).documented(
        "`true` or `false`",
        "`true`",
        "true",
        "Whether anything is cached. No single cache can be switched on while this is off.",
    ),
    field!(ProgramSettings.strict, values::switch, bool::to_string).documented(
        "`true` or `false`",
        "`false`",
        "false",
        "Whether a `CACHE_…` variable like nobody's is an error, and not a warning.",
    ),
    field!(ProgramSettings.external, values::names, |names| names.join(",")).list().documented(
        "names",
        "none",
        r#"["CACHE_DIR"]"#,
        "`CACHE_…` variables, and sections such as `cache.other`, that are for other programs.",
    ),
];

/// For one cache, in `[cache.<name>]`, and but for the ttl for all, in `[default]`.
pub(super) const CACHE: [Field<CacheSettings>; 8] = [
    field!(CacheSettings.ttl, values::ttl, ToString::to_string).documented(
        "seconds, a duration such as `1h30m`, or `forever`",
        "the attribute's",
        r#""30m""#,
        "How long a value stays fresh, at most. Not for all caches: each attribute states its own.",
    ),
    field!(CacheSettings.capacity, values::capacity, u64::to_string).documented(
        "a number of entries",
        "`10000`",
        "10_000",
        "The most entries in memory, for each function.",
    ),
    field!(CacheSettings.enabled, values::switch, bool::to_string).documented(
        "`true` or `false`",
        "`true`",
        "true",
        "Whether calls are cached.",
    ),
    field!(CacheSettings.backend, values::backend, ToString::to_string).documented(
        "`memory`, `redis` or `tiered`",
        "`memory`",
        r#""memory""#,
        "Where entries are kept. For all caches, `CACHE_TYPE` is the short spelling of its variable.",
    ),
    field!(CacheSettings.codec, values::codec, ToString::to_string).documented(
        "`messagepack` or `json`",
        "`messagepack`",
        r#""messagepack""#,
        "How values are written for Redis. Both are read.",
    ),
    field!(CacheSettings.lease, values::switch, bool::to_string).documented(
        "`true` or `false`",
        "`true`",
        "true",
        "Whether processes wait for one another's loads.",
    ),
    field!(CacheSettings.max_value_size, values::size, |bytes| cachery_syntax::format_size(*bytes))
        .documented(
            "bytes, or a size such as `64KiB`",
            "`8MiB`",
            r#""8MiB""#,
            "The most bytes of an encoded value that Redis is sent.",
        ),
    field!(CacheSettings.jitter, values::jitter, f64::to_string).documented(
        "a share, from 0 to 1",
        "`0.05`",
        "0.05",
        "The share of the ttl by which each entry's life is randomly shortened.",
    ),
];

/// For the remote tier, in `[redis]`.
pub(super) const REMOTE: [Field<RemoteLayer>; 10] = [
    field!(RemoteLayer.url, values::url, |_| HIDDEN.to_owned()).under("REDIS_").documented(
        "`redis://`, `rediss://`, `redis+unix://`, `redis-sentinel://h1,h2/master`, `redis-cluster://h1,h2`",
        "none",
        r#""redis://localhost:6379""#,
        "Where Redis is. The variable `REDIS_URL` says it, too; `CACHE_REDIS_URL` wins over it.",
    ),
    field!(RemoteLayer.ca, values::path, String::clone).under("REDIS_").documented(
        "a path",
        "the system's roots",
        r#""certificates/ca.pem""#,
        "A PEM file of roots for TLS.",
    ),
    field!(RemoteLayer.cert, values::path, String::clone).under("REDIS_").documented(
        "a path",
        "none",
        r#""certificates/client.pem""#,
        "A PEM file of the client's certificate; it comes with its `key`.",
    ),
    field!(RemoteLayer.key, values::path, String::clone).under("REDIS_").documented(
        "a path",
        "none",
        r#""certificates/client-key.pem""#,
        "A PEM file of the client's private key.",
    ),
    field!(RemoteLayer.prefix, values::prefix, String::clone).documented(
        "1 to 64 letters, digits, `_`, `-`, `.` and `:`",
        "`cachery`",
        r#""shop""#,
        "What all keys in Redis begin with.",
    ),
    field!(RemoteLayer.key_secret, values::secret, |_| HIDDEN.to_owned()).documented(
        "at least 16 bytes",
        "none",
        r#""write-16-random-bytes-or-more""#,
        "Keys the digests of arguments, so that nobody can guess arguments from keys.",
    ),
    field!(RemoteLayer.required, values::switch, bool::to_string).documented(
        "`true` or `false`",
        "`false`",
        "false",
        "Whether the program does not start without Redis.",
    ),
    field!(RemoteLayer.fallback, values::fallback, ToString::to_string).documented(
        "`memory` or `off`",
        "`memory`",
        r#""memory""#,
        "What `redis` caches do while Redis is away.",
    ),
    field!(RemoteLayer.remote_deadline, values::duration, |time| format_duration(*time)).documented(
        "seconds, or a duration such as `100ms`",
        "`100ms`",
        r#""100ms""#,
        "What one call waits for Redis, at most.",
    ),
    field!(RemoteLayer.outage_ttl, values::duration, |time| format_duration(*time)).documented(
        "seconds, or a duration such as `30s`",
        "`30s`",
        r#""30s""#,
        "How long memory keeps what it cannot be told of.",
    ),
];
