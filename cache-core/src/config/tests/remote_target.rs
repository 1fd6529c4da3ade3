//! Tests of caches that need Redis, with and without a URL.

use super::*;

const URL: (&str, &str) = ("REDIS_URL", "redis://user:hunter2@here");
const WITHOUT: &str = "and this program is built without it: add the feature, as in `cachery = { .., features = [\"redis\"] }`";
const NOWHERE: &str = "and no URL is set: set REDIS_URL, for example redis://localhost:6379";

/// Takes every URL that begins as one of its own.
pub(super) fn linked() -> [RemoteBackend; 1] {
    let check = |target: &Target| {
        let known = target.url.starts_with("redis://");
        if known { Ok(()) } else { Err("the scheme is unknown: write redis://".to_owned()) }
    };
    [RemoteBackend {
        check,
        open: |_| unreachable!("settings open nothing"),
        beside_runtime: |act| act(),
    }]
}

fn for_users(settings: CacheSettings) -> BuilderSettings {
    BuilderSettings {
        caches: [("users".to_owned(), settings)].into(),
        ..BuilderSettings::default()
    }
}

fn backends(config: &Config, sites: &[Site]) -> Vec<Backend> {
    (0..sites.len()).map(|index| config.policy(index).backend).collect()
}

#[test]
fn the_backend_is_the_strongest_of_what_is_said() {
    let (memory, redis, tiered) = (Backend::Memory, Backend::Redis, Backend::Tiered);
    let attribute = [site("users").backend(redis)];
    let nothing = [site("users")];
    let all = |backend| BuilderSettings {
        all: CacheSettings::new().backend(backend),
        ..BuilderSettings::default()
    };
    let one = |backend| for_users(CacheSettings::new().backend(backend));
    let resolved = |sites: &[Site], pairs: &[(&str, &str)], builder| {
        let pairs: Vec<_> = pairs.iter().copied().chain([URL]).collect();
        let (config, faults) = resolve_with(&linked(), sites, &pairs, builder);
        assert_eq!(faults, [""; 0]);
        config.policy(0).backend
    };
    assert_eq!(resolved(&nothing, &[], BuilderSettings::default()), memory);
    assert_eq!(resolved(&nothing, &[("CACHE_TYPE", "tiered")], BuilderSettings::default()), tiered);
    assert_eq!(
        resolved(&nothing, &[("CACHE_DEFAULT_BACKEND", "tiered")], BuilderSettings::default()),
        tiered
    );
    assert_eq!(resolved(&nothing, &[("CACHE_TYPE", "tiered")], all(redis)), redis);
    assert_eq!(resolved(&attribute, &[("CACHE_TYPE", "tiered")], all(memory)), redis);
    assert_eq!(
        resolved(&attribute, &[("CACHE_USERS_BACKEND", "tiered")], BuilderSettings::default()),
        tiered
    );
    assert_eq!(resolved(&attribute, &[("CACHE_USERS_BACKEND", "tiered")], one(memory)), memory);
}

#[test]
fn there_is_a_target_exactly_when_a_cache_wants_it_and_it_can_be_used() {
    let target = |backends: &[RemoteBackend], sites: &[Site], pairs: &[(&str, &str)]| {
        resolve_with(backends, sites, pairs, BuilderSettings::default())
            .0
            .remote_target()
            .map(|target| target.url)
    };
    let wanting = [site("users").backend(Backend::Redis)];
    assert_eq!(target(&linked(), &wanting, &[URL]).as_deref(), Some(URL.1));
    assert_eq!(target(&linked(), &[site("users")], &[URL]), None, "nobody wants it");
    assert_eq!(target(&linked(), &wanting, &[]), None, "no URL");
    assert_eq!(
        target(&linked(), &wanting, &[("REDIS_URL", "ftp://here")]),
        None,
        "a URL that is refused"
    );
    assert_eq!(target(&[], &wanting, &[URL]), None, "no backend");
    let disabled = [URL, ("CACHE_ENABLED", "false")];
    assert!(
        target(&linked(), &wanting, &disabled).is_some(),
        "it may be switched on by another registry"
    );
}

#[test]
fn without_the_feature_one_fault_names_all_caches_and_who_wants_it() {
    let sites = [
        site("users").backend(Backend::Tiered),
        Site::new("orders", "shop::g", "", "").at("src/shop.rs", 9),
        Site::new("items", "shop::h", "", "").at("src/shop.rs", 11),
    ];
    let set = [URL, ("CACHE_TYPE", "redis"), ("CACHE_ITEMS_BACKEND", "memory")];
    let (config, faults) = resolve_with(&[], &sites, &set, BuilderSettings::default());
    assert_eq!(
        faults,
        [format!(
            "CACHE_TYPE and src/shop.rs:7: the caches `orders` and `users` need Redis, {WITHOUT}"
        )]
    );
    assert_eq!(backends(&config, &sites), [Backend::Memory; 3], "memory stands in");
}

#[test]
fn without_a_url_one_fault_names_all_caches_and_who_wants_it() {
    let sites = [site("users"), Site::new("orders", "shop::g", "", "")];
    let set = [("CACHE_USERS_BACKEND", "redis"), ("CACHE_USERS_ENABLED", "false")];
    let (config, faults) = resolve_with(&linked(), &sites, &set, BuilderSettings::default());
    assert_eq!(faults, [format!("CACHE_USERS_BACKEND: the cache `users` needs Redis, {NOWHERE}")]);
    assert_eq!(backends(&config, &sites), [Backend::Memory; 2], "memory stands in");

    let builder = for_users(CacheSettings::new().backend(Backend::Tiered));
    let (_, faults) = resolve_with(&linked(), &sites, &[("CACHE_TYPE", "memory")], builder);
    assert_eq!(faults, [format!("builder: the cache `users` needs Redis, {NOWHERE}")]);
}

#[test]
fn without_both_each_has_its_fault() {
    let sites = [site("users")];
    let set = [("CACHE_DEFAULT_BACKEND", "redis")];
    let start = "CACHE_DEFAULT_BACKEND: the cache `users` needs Redis,";
    assert_eq!(
        resolve(&sites, &set).1,
        [format!("{start} {WITHOUT}"), format!("{start} {NOWHERE}")]
    );
}

#[test]
fn many_caches_are_counted() {
    let sites = ["a", "b", "c", "d", "e", "f", "g"].map(|name| Site::new(name, "shop::f", "", ""));
    let (_, faults) =
        resolve_with(&linked(), &sites, &[("CACHE_TYPE", "redis")], BuilderSettings::default());
    assert_eq!(
        faults,
        [format!(
            "CACHE_TYPE: the caches `a`, `b`, `c`, `d`, `e` and 2 more need Redis, {NOWHERE}"
        )]
    );
}

#[test]
fn a_refused_url_is_told_by_its_source_and_never_shown() {
    let sites = [site("users").backend(Backend::Redis)];
    let wrong = "ftp://user:hunter2@here";
    let said = |pairs: &[(&str, &str)], url: Option<&str>| {
        let remote = RemoteSettings { url: url.map(Secret::new), ..RemoteSettings::default() };
        let (config, faults) = resolve_with(
            &linked(),
            &sites,
            pairs,
            BuilderSettings { remote, ..BuilderSettings::default() },
        );
        assert_eq!(backends(&config, &sites), [Backend::Memory], "memory stands in");
        faults
    };
    let why = "the scheme is unknown: write redis://";
    assert_eq!(said(&[("REDIS_URL", wrong)], None), [format!("REDIS_URL: {why}")]);
    assert_eq!(said(&[URL, ("CACHE_REDIS_URL", wrong)], None), [format!("CACHE_REDIS_URL: {why}")]);
    assert_eq!(said(&[URL], Some(wrong)), [format!("builder: {why}")]);
}

#[test]
fn a_url_that_nobody_wants_is_not_judged() {
    let (_, faults) = resolve_with(
        &linked(),
        &[site("users")],
        &[("REDIS_URL", "?")],
        BuilderSettings::default(),
    );
    assert_eq!(faults, [""; 0]);
}

#[test]
fn a_local_cache_stays_in_memory_whatever_is_said_for_all() {
    let sites = [site("users").local(), Site::new("orders", "shop::g", "", "")];
    let (config, faults) = resolve_with(
        &linked(),
        &sites,
        &[URL, ("CACHE_TYPE", "tiered")],
        BuilderSettings::default(),
    );
    assert_eq!(faults, [""; 0]);
    assert_eq!(backends(&config, &sites), [Backend::Memory, Backend::Tiered]);
}

#[test]
fn to_take_a_local_cache_out_of_memory_is_a_fault_that_names_both() {
    let sites = [site("users").local()];
    let why = |backend| {
        format!(
            "the cache `users` cannot be `{backend}`, because its function is `local` (src/shop.rs:7): remove this setting, or `local`"
        )
    };
    let set = [("CACHE_USERS_BACKEND", "redis")];
    let (config, faults) = resolve_with(&linked(), &sites, &set, BuilderSettings::default());
    assert_eq!(faults, [format!("CACHE_USERS_BACKEND: {}", why("redis"))]);
    assert_eq!(backends(&config, &sites), [Backend::Memory]);

    let builder = for_users(CacheSettings::new().backend(Backend::Tiered));
    assert_eq!(
        resolve_with(&linked(), &sites, &[], builder).1,
        [format!("builder: {}", why("tiered"))]
    );
    assert_eq!(resolve(&sites, &[("CACHE_USERS_BACKEND", "memory")]).1, [""; 0]);
}

#[test]
fn settings_that_say_nothing_of_a_store_keep_entries_in_memory() {
    let sites = [site("users").backend(Backend::Redis)];
    assert_eq!(backends(&resolve(&sites, &[]).0, &sites), [Backend::Memory]);
}

#[test]
fn an_isolated_registry_without_a_url_keeps_in_memory_what_only_the_code_wants_elsewhere() {
    let wanting = [site("users").backend(Backend::Redis)];
    let isolated = |pairs: &[(&str, &str)]| {
        let sources =
            Sources { variables: Some(variables(pairs)), isolated: true, ..Sources::default() };
        let Resolved { config, faults, .. } =
            Resolved::with_backends(&sources, &wanting, &linked());
        (config.policy(0).backend, faults.len())
    };
    assert_eq!(isolated(&[]), (Backend::Memory, 0));
    assert_eq!(isolated(&[URL]), (Backend::Redis, 0));
    assert_eq!(
        isolated(&[("CACHE_USERS_BACKEND", "redis")]),
        (Backend::Memory, 1),
        "whoever runs it asks for it"
    );
}
