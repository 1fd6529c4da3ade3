//! Tests of the printed settings in effect.

use super::*;

fn effective(config: &Config, sites: &[Site]) -> EffectiveConfig {
    let policies =
        sites.iter().enumerate().map(|(index, site)| (site, config.policy(index).clone()));
    EffectiveConfig::of(config, config, policies)
}

#[test]
fn each_value_names_who_says_it_and_whom_it_overrules() {
    let sites = [site("users").capacity(5)];
    let set = [
        ("CACHE_USERS_TTL", "30m"),
        ("CACHE_DEFAULT_CAPACITY", "9"),
        ("CACHE_KEY_SECRET", "hunter2-hunter2-"),
    ];
    let builder = BuilderSettings {
        caches: [("users".to_owned(), CacheSettings::new().forever())].into(),
        remote: RemoteSettings {
            url: Some(Secret::new("redis://u:hunter2@h")),
            ..Default::default()
        },
        ..BuilderSettings::default()
    };
    let (config, _) = resolve_with(&[], &sites, &set, builder);
    let shown = effective(&config, &sites).to_string();
    for line in [
        "users (shop::f, src/shop.rs:7)",
        "  ttl              forever        from builder; CACHE_USERS_TTL says 30m; the attribute says 1h",
        "  capacity         5              from the attribute; CACHE_DEFAULT_CAPACITY says 9",
        "  backend          memory         built-in",
        "  stale            off            built-in",
        "  url              (not shown)    from builder",
        "  key_secret       (not shown)    from CACHE_KEY_SECRET",
        "  prefix           cachery        built-in",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn no_value_has_quotes_or_marks_around_it() {
    let sites = [site("users")];
    let EffectiveConfig { program, caches, redis, .. } = effective(&resolve(&sites, &[]).0, &sites);
    let of_caches = caches.into_iter().flat_map(|cache| cache.settings);
    for Setting { field, value, .. } in program.into_iter().chain(of_caches).chain(redis) {
        assert!(!value.contains(['`', '"']), "{field}: {value}");
    }
}

#[test]
fn what_is_in_effect_stands_before_what_is_said() {
    let sites = [site("users").local()];
    let (config, _) = resolve(
        &sites,
        &[("CACHE_ENABLED", "off"), ("CACHE_USERS_ENABLED", "on"), ("CACHE_TYPE", "redis")],
    );
    let effective = effective(&config, &sites);
    let shown: Vec<_> = effective.caches[0].settings.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown[2],
        "enabled          false          from CACHE_ENABLED; CACHE_USERS_ENABLED says true"
    );
    assert_eq!(
        shown[3],
        "backend          memory         from the attribute (`local`); CACHE_TYPE says redis"
    );
}

/// No source takes a name back that another one lists.
#[test]
fn a_list_is_shown_whole_with_all_who_add_to_it() {
    let builder = BuilderSettings {
        program: ProgramSettings {
            external: Some(vec!["CACHE_A".to_owned()]),
            ..Default::default()
        },
        ..BuilderSettings::default()
    };
    let (config, _) = resolve_with(&[], &[], &[("CACHE_EXTERNAL", "CACHE_B,CACHE_C")], builder);
    let shown = effective(&config, &[]).program[2].to_string();
    assert_eq!(shown, "external         CACHE_A,CACHE_B,CACHE_C from builder and CACHE_EXTERNAL");
}

/// The built-in value that the tables tell of is the one that is built in.
#[test]
fn the_documented_defaults_are_the_defaults() {
    let sites = [site("users")];
    let (config, _) = resolve(&sites, &[]);
    let effective = effective(&config, &sites);
    let of_cache = |name| {
        &effective.caches[0]
            .settings
            .iter()
            .find(|setting| setting.field == name)
            .expect("it is one")
            .value
    };
    let policy = config.policy(0);
    assert_eq!(*of_cache("capacity"), policy.capacity.to_string());
    assert_eq!(*of_cache("jitter"), policy.jitter.to_string());
    assert_eq!(*of_cache("lease"), policy.lease.to_string());
    assert_eq!(*of_cache("codec"), policy.codec.to_string());
    assert_eq!(*of_cache("max_value_size"), cachery_syntax::format_size(policy.max_value_size));
    let of_redis = |name| {
        &effective.redis.iter().find(|setting| setting.field == name).expect("it is one").value
    };
    let remote = &config.remote;
    assert_eq!(*of_redis("prefix"), remote.prefix);
    assert_eq!(*of_redis("required"), remote.required.to_string());
    assert_eq!(*of_redis("fallback"), remote.fallback.to_string());
    assert_eq!(
        *of_redis("remote_deadline"),
        cachery_syntax::format_duration(remote.remote_deadline)
    );
    assert_eq!(*of_redis("outage_ttl"), cachery_syntax::format_duration(remote.outage_ttl));
}

#[test]
fn a_profile_has_a_prefix_of_its_own_unless_one_is_set() {
    let shown = |pairs: &[(&str, &str)]| {
        let (config, faults) = resolve(&[], pairs);
        assert_eq!(faults, [""; 0]);
        let redis = effective(&config, &[]).redis;
        let prefix = redis.iter().find(|setting| setting.field == "prefix").expect("it is one");
        assert_eq!(prefix.value, config.remote.prefix);
        (prefix.value.clone(), prefix.source.clone())
    };
    let pair = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    let staging = ("CACHE_ENV", "staging");
    assert_eq!(shown(&[]), pair("cachery", "built-in"));
    assert_eq!(shown(&[staging]), pair("cachery.staging", "the profile `staging`"));
    assert_eq!(shown(&[staging, ("CACHE_PREFIX", "shop")]), pair("shop", "CACHE_PREFIX"));
    let odd = shown(&[("CACHE_ENV", "eu west/1")]);
    assert_eq!(odd, pair("cachery.eu-west-1", "the profile `eu west/1`"));
    assert_eq!(shown(&[("CACHE_ENV", &"x".repeat(100))]).0.len(), 64);
}
