//! The error of opening a tier, found before anything connects.

use thiserror::Error;

/// A reason for which a tier cannot be opened.
///
/// Each message names the place and the way out. It repeats nothing of the URL but its scheme,
/// because anything else may be a password that stands where it should not.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum OpenError {
    #[error("the Redis URL is empty: write `redis://localhost:6379`")]
    EmptyUrl,
    #[error(
        "the Redis URL has no scheme: write `redis://` before the host, as in \
         `redis://localhost:6379`, or `rediss://` where the server expects TLS"
    )]
    NoScheme,
    /// Holds the scheme.
    #[error(
        "two `/` stand behind the scheme of a Redis URL, as in `redis://localhost:6379`: write `{0}://`"
    )]
    NoSlashes(&'static str),
    /// Holds the known scheme that is spelled most alike.
    #[error("the Redis URL has a scheme that is not known: write `{0}://`")]
    UnknownScheme(&'static str),
    #[error(
        "the Redis URL has a `/`, `?` or `#` before its `@`: in a password write `%2F`, `%3F`, \
         `%23`"
    )]
    UnescapedPassword,
    #[error(
        "the Redis URL has quotation marks around it: take them away, as in \
         `redis://localhost:6379`"
    )]
    Quoted,
    #[error(
        "the Redis URL begins with a command: take away all that stands before `redis://`, and \
         write `rediss://` where the command has `--tls`"
    )]
    Command,
    /// Holds the scheme to write.
    #[error(
        "the Redis URL begins with `http`, as that of a REST API does: for a Redis server write `{0}://`, \
         as in `{0}://localhost:6379`; a REST API on your own machine needs the feature `upstash`, and \
         another port than 6379"
    )]
    Http(&'static str),
    #[error(
        "an address that begins with `https://` is that of Upstash's REST API, which this program is \
         built without: write the one that begins with `rediss://`, which stands beside it on the \
         provider's page, or add the feature, as in `cachery = {{ .., features = [\"upstash\"] }}`"
    )]
    Https,
    #[error(
        "the Redis URL is that of a REST API and lacks its token: set `UPSTASH_REDIS_REST_TOKEN` \
         beside `UPSTASH_REDIS_REST_URL`, or write `https://:token@host`; or write the address that \
         begins with `redis://` or `rediss://`"
    )]
    NoToken,
    #[error(
        "behind the host of a REST API nothing stands in the Redis URL, because it has one database: \
         write `https://:token@host`"
    )]
    RestPath,
    #[error(
        "the Redis URL is a connection string of another kind: write \
         `rediss://:password@host:6380` for `host:6380,password=..,ssl=True`, and `redis://` where \
         it lacks `ssl=True`"
    )]
    ConnectionString,
    #[error(
        "behind `?` the Redis URL knows `db` and `protocol`, with sentinels `sentinel_user` and \
         `sentinel_password`, and with sentinels or a cluster `map`: take away what else stands \
         there"
    )]
    Option,
    #[error(
        "`ssl_cert_reqs` is an option of Python: for a certificate of your own set \
         `CACHE_REDIS_CA`, or write `#insecure` at the end of the URL to trust any"
    )]
    PythonTls,
    #[error("`protocol` in the Redis URL is `resp2` or `resp3`")]
    Protocol,
    #[error("the Redis URL names two databases: write one, as in `redis://host:6379/1`")]
    TwoDatabases,
    #[error(
        "behind `#` the Redis URL knows `insecure` only: take away what stands there, or write \
         `%23` for a `#` in a password"
    )]
    Fragment,
    #[error(
        "`#insecure` is about TLS, for which the Redis URL does not ask: write `rediss` in place \
         of `redis`, or take it away"
    )]
    InsecureWithoutTls,
    #[error(
        "`#insecure` trusts any certificate, and `CACHE_REDIS_CA` only yours: take one of them away"
    )]
    InsecureWithRoots,
    #[error(
        "`map` in the Redis URL has the address that a server names and the one at which it is \
         reached: write `map=10.0.0.5:6379=redis.example:7001`"
    )]
    AddressMap,
    #[error(
        "the Redis URL has a user name without a password before its `@`: write \
         `redis://:password@host` or `redis://user:password@host`"
    )]
    UserWithoutPassword,
    #[error("a user name, password or path in the Redis URL is not UTF-8 when percent-decoded")]
    NotUtf8,
    #[error(
        "the Redis URL names several hosts: write `redis-cluster://` or `redis-sentinel://` in \
         place of `redis://`"
    )]
    SeveralHosts,
    #[error("the Redis URL lacks a host: write `redis://localhost:6379`")]
    NoHost,
    #[error("a port in the Redis URL is not a number from 1 to 65535")]
    Port,
    #[error(
        "the database after the host of the Redis URL is not a number: write \
         `redis://host:6379/0`"
    )]
    Database,
    #[error("a Redis Cluster has database 0 only: take it from the Redis URL")]
    ClusterDatabase,
    #[error(
        "the Redis URL lacks the name by which sentinels know the master: write \
         `redis-sentinel://host1,host2,host3/mymaster`"
    )]
    NoMasterName,
    #[error("a socket in the Redis URL begins with `/`: write `redis+unix:///run/redis.sock`")]
    SocketPath,
    #[error(
        "after the path of a socket the Redis URL knows `db`, `user` and `pass`, and `protocol`: write \
         `redis+unix:///run/redis.sock?db=1`"
    )]
    SocketOption,
    #[error(
        "certificates are given, but the Redis URL does not ask for TLS: write `rediss` in place \
         of `redis`"
    )]
    FilesWithoutTls,
    #[error("a client certificate for Redis and its key are given together or not at all")]
    HalfClientCertificate,
    #[error("the file of the {role} for Redis, `{path}`, cannot be read: {cause}")]
    UnreadFile { role: &'static str, path: String, cause: String },
    #[error(
        "the file of the {role} for Redis, `{path}`, lacks a PEM block that ends with `{kind}`"
    )]
    NotPem { role: &'static str, path: String, kind: &'static str },
    #[error("a certificate or key for Redis cannot be read: see that the files are PEM")]
    UnusableFiles,
    #[error("the thread that keeps the connections to Redis cannot start: {0}")]
    Thread(String),
}
