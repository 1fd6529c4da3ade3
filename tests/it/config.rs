//! A program with a dozen mistakes in its settings gets a dozen lines, each with its place, and
//! none when they are corrected.

use std::fs;

use cachery::{Caches, cached, caches, config::CachesBuilder};

#[cached(name = "weather", ttl = "1h")]
async fn weather(n: u64) -> u64 {
    n
}

#[cached(name = "user.orders", ttl = "1h", local)]
async fn orders(n: u64) -> u64 {
    n
}

caches! {
    /// Users by id.
    pub static USERS: Cache<u64, String> = { name: "users", ttl: "10m" };
}

fn program(path: &str, variables: &[(&'static str, &'static str)]) -> CachesBuilder {
    Caches::builder().file(path).variables(variables.iter().copied()).isolated()
}

/// Writes a file with `text`, which is removed when it is dropped.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), text).expect("written");
    file
}

#[tokio::test]
async fn a_dozen_mistakes_are_a_dozen_lines_each_with_its_place_and_its_remedy() {
    let wrong = file(
        "[defualt]\n[default]\njitter = 2\n[cache.weathr]\nttl = 1\n[cache.users]\nttl = \"10 minutes\"\ncapcity = 5\n\
         [redis]\nprefix = \"a b\"\n[profile.staging]\ninherits = \"prod\"\n",
    );
    let path = wrong.path().display().to_string();
    let variables = [
        ("CACHE_WEATHER_TLL", "1h"),
        ("CACHE_USERS_CAPACITY", "0"),
        ("CACHE_USER_ORDERS_BACKEND", "redis"),
        ("CACHE_KEY_SECRET", "hunter2"),
        ("CACHE_ENV", "stagign"),
    ];
    let error = program(&path, &variables).build().await.expect_err("a dozen mistakes").to_string();
    let lines: Vec<_> =
        error.lines().map(|line| line.trim().replace(&path, "cache.toml")).collect();
    assert_eq!(lines[0], "12 faults in the configuration of the caches:", "{error}");
    for place in [
        "CACHE_KEY_SECRET: the secret has 7 bytes",
        "CACHE_USERS_CAPACITY: a capacity of zero",
        "CACHE_WEATHER_TLL: unknown setting: did you mean CACHE_WEATHER_TTL?",
        "CACHE_USER_ORDERS_BACKEND: the cache `user.orders` cannot be `redis`, because its function is `local` (tests/it/config.rs:",
        "CACHE_ENV: cache.toml has no profile `stagign`: did you mean `staging`?",
        "cache.toml:1: unknown name `defualt`: did you mean `default`?",
        "cache.toml:3 [default] jitter: \"2\" is not a share",
        "cache.toml:4 [cache.weathr]: unknown cache `weathr`: did you mean `weather`?",
        "cache.toml:7 [cache.users] ttl: unknown unit `minutes`",
        "cache.toml:8 [cache.users]: unknown name `capcity`: did you mean `capacity`?",
        "cache.toml:10 [redis] prefix: character 2 of the prefix is ` `",
        "cache.toml:12 [profile.staging] inherits: unknown profile `prod`",
    ] {
        assert!(lines.iter().any(|line| line.starts_with(place)), "{place}\n{error}");
    }
    assert_eq!(lines.len(), 13, "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    let checked = program(&path, &variables).check().expect_err("the same").to_string();
    assert_eq!(checked, error, "`check` finds what `build` finds");
}

#[tokio::test]
async fn the_corrected_program_starts_and_shows_the_origin_of_each_setting() {
    let right = file(
        "[default]\njitter = 0.2\n[cache.weather]\nttl = 1\n[cache.users]\nttl = \"10m\"\ncapacity = 5\n\
         [redis]\nprefix = \"a-b\"\n[profile.staging]\ninherits = \"production\"\n[profile.production.cache.users]\nttl = \"20m\"\n",
    );
    let path = right.path().display().to_string();
    let variables =
        [("CACHE_WEATHER_TTL", "1h"), ("CACHE_USERS_CAPACITY", "7"), ("CACHE_ENV", "staging")];
    let caches = program(&path, &variables).build().await.expect("right settings");
    let shown = caches.config().to_string().replace(&path, "cache.toml");
    for line in [
        "file: cache.toml",
        "profile: staging",
        "  ttl              1h             from CACHE_WEATHER_TTL; cache.toml:4 [cache.weather] says 1s; the attribute says 1h",
        "  ttl              20m            from cache.toml:13 [profile.production.cache.users]; cache.toml:6 [cache.users] says 10m; \
         the declaration says 10m",
        "  capacity         7              from CACHE_USERS_CAPACITY; cache.toml:7 [cache.users] says 5",
        "  jitter           0.2            from cache.toml:2 [default]",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    let value = serde_json::to_value(caches.config()).expect("serialisable");
    let mut listed = value["caches"].as_array().expect("a list").iter();
    let cache = listed.find(|cache| cache["name"] == "weather").expect("it is there");
    assert_eq!(cache["settings"][0]["field"], "ttl");
    let check = async {
        assert_eq!((weather(1).await, orders(1).await), (1, 1));
        assert_eq!(USERS.get(&1).await, None);
    };
    caches.scope(check).await;
}
