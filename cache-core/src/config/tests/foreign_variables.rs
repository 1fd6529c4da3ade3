//! Tests of variables that platforms and other frameworks set.

use super::*;

/// The variables of a service `cache-redis` in Kubernetes.
const KUBERNETES: [(&str, &str); 11] = [
    ("CACHE_REDIS_SERVICE_HOST", "10.96.0.7"),
    ("CACHE_REDIS_SERVICE_PORT", "6379"),
    ("CACHE_REDIS_SERVICE_PORT_TLS", "6380"),
    ("CACHE_REDIS_PORT", "tcp://10.96.0.7:6379"),
    ("CACHE_REDIS_PORT_6379_TCP", "tcp://10.96.0.7:6379"),
    ("CACHE_REDIS_PORT_6379_TCP_PROTO", "tcp"),
    ("CACHE_REDIS_PORT_6379_TCP_PORT", "6379"),
    ("CACHE_REDIS_PORT_6379_TCP_ADDR", "10.96.0.7"),
    ("CACHE_REDIS_PORT_53_UDP", "udp://10.96.0.7:53"),
    // The services `cache` and `cache-users`, of which the latter is like our cache `users`.
    ("CACHE_SERVICE_PORT_HTTP", "80"),
    ("CACHE_USERS_PORT", "tcp://10.96.0.8:80"),
];

/// The variables of Flask-Caching, Django and others that look like ours or name their fields.
const FRAMEWORKS: [(&str, &str); 16] = [
    ("CACHE_DEFAULT_TIMEOUT", "300"),
    ("CACHE_IGNORE_ERRORS", "True"),
    ("CACHE_THRESHOLD", "500"),
    ("CACHE_KEY_PREFIX", "flask_"),
    ("CACHE_REDIS_HOST", "redis"),
    ("CACHE_REDIS_PORT", "6379"),
    ("CACHE_REDIS_PASSWORD", "hunter2"),
    ("CACHE_REDIS_DB", "0"),
    ("CACHE_REDIS_SSL", "true"),
    ("CACHE_REDIS_SENTINELS", "[('h', 26379)]"),
    ("CACHE_REDIS_SENTINEL_MASTER", "mymaster"),
    ("CACHE_MEMCACHED_SERVERS", "memcached:11211"),
    ("CACHE_OPTIONS", "{}"),
    ("CACHE_NO_NULL_WARNING", "1"),
    ("CACHE_MIDDLEWARE_SECONDS", "600"),
    ("CACHE_USERS_URL", "http://users-cache:8080"),
];

/// The values of `CACHE_TYPE` in Flask, Django and platforms.
const TYPES: [&str; 9] = [
    "RedisCache",
    "SimpleCache",
    "NullCache",
    "FileSystemCache",
    "MemcachedCache",
    "null",
    "simple",
    "django.core.cache.backends.redis.RedisCache",
    "redis:7.2",
];

/// Variables of other programs that are unlike ours: Laravel, Directus, platforms.
const UNLIKE: [(&str, &str); 9] = [
    ("CACHE_STORE", "file"),
    ("CACHE_DRIVER", "array"),
    ("CACHE_NAMESPACE", "directus"),
    ("CACHE_AUTO_PURGE", "true"),
    ("CACHE_VALUE_MAX_SIZE", "4kb"),
    ("CACHE_HOST", "cache.internal"),
    ("CACHE_PORT", "6379"),
    ("CACHE_SCHEME", "redis"),
    ("CACHE_DIR", "/var/cache"),
];

fn resolved(pairs: &[(&str, &str)]) -> Resolved {
    let variables = Some(variables(pairs));
    let sources = Sources { variables, isolated: true, ..Sources::default() };
    Resolved::with_backends(&sources, &[site("users")], &remote_target::linked())
}

/// Checks that `pair` stops no start, and that exactly one note names it.
fn assert_noted(pair: (&str, &str)) -> String {
    let Resolved { config, faults } = resolved(&[pair]);
    assert!(faults.is_empty(), "{pair:?}: {faults:?}");
    let [note] = &*config.notes else { panic!("{pair:?}: {:?}", config.notes) };
    assert!(note.contains(pair.0), "{pair:?}: {note}");
    assert!(!note.contains("hunter2"), "{note}");
    note.clone()
}

#[test]
fn a_variable_of_a_platform_or_another_framework_is_noted_and_ignored() {
    for pair in KUBERNETES.into_iter().chain(FRAMEWORKS) {
        let note = assert_noted(pair);
        assert!(note.starts_with("variables of a platform or of another framework"), "{note}");
    }
}

#[test]
fn a_backend_of_another_framework_is_noted_and_ignored() {
    for value in TYPES {
        let note = assert_noted(("CACHE_TYPE", value));
        assert!(
            note.starts_with(&format!("CACHE_TYPE: `{value}` is a value of another")),
            "{note}"
        );
    }
}

#[test]
fn a_variable_of_another_program_that_is_unlike_ours_is_noted() {
    for pair in UNLIKE {
        assert_noted(pair);
    }
}

#[test]
fn all_of_them_together_stop_no_start_and_take_two_notes() {
    let all: Vec<_> = KUBERNETES.into_iter().chain(FRAMEWORKS).chain(UNLIKE).collect();
    let Resolved { config, faults } = resolved(&all);
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(config.notes.len(), 2, "{:?}", config.notes);
    let strict: Vec<_> = KUBERNETES
        .into_iter()
        .chain(FRAMEWORKS)
        .chain([("CACHE_TYPE", "RedisCache"), ("CACHE_STRICT", "true")])
        .collect();
    assert!(resolved(&strict).faults.is_empty(), "a platform's variable cannot be taken away");
}

#[test]
fn an_external_variable_is_not_noted() {
    let pairs = [("CACHE_REDIS_DB", "0"), ("CACHE_TYPE", "RedisCache")];
    let external = ("CACHE_EXTERNAL", "CACHE_REDIS_DB,CACHE_TYPE");
    let all: Vec<_> = pairs.into_iter().chain([external]).collect();
    assert!(resolved(&all).config.notes.is_empty());
}

#[test]
fn a_backend_of_another_framework_leaves_the_others_as_they_are() {
    let set = [
        ("CACHE_TYPE", "RedisCache"),
        ("CACHE_DEFAULT_BACKEND", "redis"),
        ("REDIS_URL", "redis://here"),
    ];
    let Resolved { config, faults } = resolved(&set);
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(config.policy(0).backend, Backend::Redis);
}

#[test]
fn a_near_miss_of_ours_stays_a_fault() {
    for (name, value) in [
        ("CACHE_TYPE", "redsi"),
        ("CACHE_TYPE", "redis://:hunter2@here"),
        ("CACHE_TYP", "RedisCache"),
        ("CACHE_REDIS_ULR", "redis://here"),
        ("CACHE_REDIS_URI", "redis://here"),
        ("CACHE_REDIS_CERTS", "/etc/client.pem"),
        ("CACHE_DEFAULT_CAPASITY", "5"),
        ("CACHE_USERS_TLL", "5"),
        ("CACHE_USERS_VERSION", "2"),
        ("CACHE_DEFAULT_TTL", "300"),
        ("CACHE_DEFAULT_BACKEND", "RedisCache"),
        ("CACHE_USERS_BACKEND", "RedisCache"),
    ] {
        assert_eq!(resolved(&[(name, value)]).faults.len(), 1, "{name}={value}");
    }
}

#[test]
fn a_cache_whose_name_ends_like_a_service_keeps_its_variables() {
    let sites = [Site::new("service-port", "shop::f", "", "").capacity(9)];
    let set = [("CACHE_SERVICE_PORT_CAPACITY", "7"), ("CACHE_SERVICE_PORT_TLL", "7")];
    let (config, faults) = resolve(&sites, &set[..1]);
    assert_eq!((config.policy(0).capacity, faults.len()), (7, 0));
    assert_eq!(resolve(&sites, &set[1..]).1.len(), 1, "a near miss");
}
