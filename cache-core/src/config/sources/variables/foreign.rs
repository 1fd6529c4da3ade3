//! Variables that platforms and other frameworks set under names like ours. They are ignored, and
//! never stop a start.

use std::{collections::BTreeSet, ffi::OsStr};

use cachery_syntax::{misspelt, shown_name};

/// The variables of other frameworks that would be taken for misspelt ones of ours. Those of
/// Flask-Caching stand first, then those of Django and of clients of Redis.
const FRAMEWORKS: [&str; 33] = [
    "CACHE_ARGS",
    "CACHE_DEFAULT_TIMEOUT",
    "CACHE_IGNORE_ERRORS",
    "CACHE_KEY_PREFIX",
    "CACHE_MEMCACHED_PASSWORD",
    "CACHE_MEMCACHED_SERVERS",
    "CACHE_MEMCACHED_USERNAME",
    "CACHE_NO_NULL_WARNING",
    "CACHE_OPTIONS",
    "CACHE_REDIS_CLUSTER",
    "CACHE_REDIS_DB",
    "CACHE_REDIS_HOST",
    "CACHE_REDIS_PASSWORD",
    "CACHE_REDIS_PORT",
    "CACHE_REDIS_SENTINELS",
    "CACHE_REDIS_SENTINEL_MASTER",
    "CACHE_SOURCE_CHECK",
    "CACHE_THRESHOLD",
    "CACHE_UWSGI_NAME",
    "CACHE_MIDDLEWARE_ALIAS",
    "CACHE_MIDDLEWARE_KEY_PREFIX",
    "CACHE_MIDDLEWARE_SECONDS",
    "CACHE_TIMEOUT",
    "CACHE_REDIS_DATABASE",
    "CACHE_REDIS_KEY_PREFIX",
    "CACHE_REDIS_MAX_CONNECTIONS",
    "CACHE_REDIS_SCHEME",
    "CACHE_REDIS_SSL",
    "CACHE_REDIS_TIMEOUT",
    "CACHE_REDIS_TLS",
    "CACHE_REDIS_USER",
    "CACHE_REDIS_USERNAME",
    "CACHE_REDIS_USE_SSL",
];

/// The values of `CACHE_TYPE` in other frameworks that are single words. Flask-Caching had these
/// before it named classes; `redis` among them means the same here.
const OTHER_TYPES: [&str; 9] = [
    "filesystem",
    "gaememcached",
    "memcached",
    "null",
    "redissentinel",
    "saslmemcached",
    "simple",
    "spreadsaslmemcached",
    "uwsgi",
];

/// The protocols in the addresses that Kubernetes and Docker set for a service.
const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];

/// The variables whose value begins with a scheme.
const URLS: [&str; 2] = ["CACHE_REDIS_URL", "REDIS_URL"];

/// Tells whether a platform or another framework has set the variable `name`, which is not one of
/// the `known` ones. A near miss of a known one is ours, and so is a URL under a name like that of
/// a URL.
pub(super) fn is_name(name: &str, value: &OsStr, known: &BTreeSet<String>) -> bool {
    let is_like = |ours: &str| misspelt(name, [ours]).is_some();
    FRAMEWORKS.contains(&name)
        || (is_of_service(name) && !known.iter().any(|ours| is_like(ours)))
        || (value.to_str().is_some_and(has_scheme) && !URLS.into_iter().any(is_like))
}

/// Tells whether `name` is one that Kubernetes or Docker sets for a service: `X_SERVICE_HOST`,
/// `X_SERVICE_PORT`, `X_SERVICE_PORT_HTTP`, `X_PORT_6379_TCP` or `X_PORT_6379_TCP_ADDR`.
fn is_of_service(name: &str) -> bool {
    let is_service = name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_");
    is_service || name.match_indices("_PORT_").any(|(at, port)| is_port(&name[at + port.len()..]))
}

/// Tells whether `text` is a number, a protocol and perhaps a part of the address, such as
/// `6379_TCP_ADDR`.
fn is_port(text: &str) -> bool {
    let mut words = text.split('_');
    let number = words.next().unwrap_or_default();
    let protocol = words.next().unwrap_or_default().to_ascii_lowercase();
    let is_part = |word: &str| ["PROTO", "PORT", "ADDR"].contains(&word);
    number.parse::<u16>().is_ok()
        && PROTOCOLS.contains(&&*protocol)
        && words.next().is_none_or(is_part)
        && words.next().is_none()
}

/// Tells whether `value` begins with a scheme, as in `tcp://`.
fn has_scheme(value: &str) -> bool {
    let Some((scheme, _)) = value.trim().split_once("://") else { return false };
    let mut letters = scheme.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Returns the value of `CACHE_TYPE`, if it is one of another framework: a class such as
/// `RedisCache`, the path of one, a word of [`OTHER_TYPES`], or a service with its version, such as
/// `redis:7.2`.
pub(super) fn type_elsewhere(value: &OsStr) -> Option<String> {
    let text = value.to_str()?.trim();
    let is_path = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let is_class = is_path && text.ends_with("Cache") && text != "Cache";
    let is_word = OTHER_TYPES.contains(&text);
    (is_class || is_word || is_service_with_version(text)).then(|| shown_name(text))
}

fn is_service_with_version(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, version)| {
        let is_service = service.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let is_version = version.chars().all(|c| c.is_ascii_digit() || c == '.');
        is_service && is_version && !service.is_empty() && !version.is_empty()
    })
}
