//! The grammar of the environment.

use super::*;
use crate::codec::Codec;

#[test]
fn an_empty_variable_is_not_set() {
    let sites = [site("users")];
    let (config, faults) = resolve(&sites, &[("CACHE_USERS_TTL", " ")]);
    assert_eq!((config.policy(0).ttl, faults.len()), (Some(HOUR), 0));
}

#[test]
fn hostile_values_give_one_short_fault_each() {
    let sites = [site("users")];
    for hostile in
        ["-1", "1e9", "\0", "99999999999999999999999", &"x".repeat(1_000_000), "١٢", "NaN"]
    {
        for field in CacheSettings::FIELDS {
            let (_, faults) = resolve(&sites, &[(&field.variable_of("users"), hostile)]);
            assert_eq!(faults.len(), 1, "{} {faults:?}", field.name);
            assert!(faults[0].len() < 400, "{}: {} bytes", field.name, faults[0].len());
        }
    }
}

#[test]
fn each_field_has_a_variable_for_one_cache_and_one_for_all() {
    let site = site("users");
    for name in ["USERS", "DEFAULT"] {
        let pairs = [
            ("CAPACITY", "7"),
            ("ENABLED", "off"),
            ("JITTER", "0.5"),
            ("CODEC", "json"),
            ("LEASE", "no"),
            ("MAX_VALUE_SIZE", "64KiB"),
        ]
        .map(|(field, value)| (format!("CACHE_{name}_{field}"), value));
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&**name, *value)).collect();
        let (config, faults) = resolve(std::slice::from_ref(&site), &pairs);
        assert_eq!(faults, [""; 0]);
        let policy = config.policy(0);
        assert_eq!(
            (policy.capacity, policy.enabled, policy.codec),
            (7, false, Codec::Json),
            "{name}"
        );
        assert_eq!((policy.lease, policy.max_value_size), (false, 65_536), "{name}");
        assert!((policy.jitter - 0.5).abs() < f64::EPSILON, "{name}");
    }
}

#[test]
fn a_value_for_one_cache_wins_over_the_attribute_and_that_over_one_for_all() {
    let sites = [site("users").capacity(5), Site::new("orders", "shop::g", "", "")];
    let set = [
        ("CACHE_DEFAULT_CAPACITY", "1"),
        ("CACHE_DEFAULT_CODEC", "json"),
        ("CACHE_USERS_CODEC", "messagepack"),
    ];
    let (config, _) = resolve(&sites, &set);
    let of = |site| (config.policy(site).capacity, config.policy(site).codec);
    assert_eq!(of(0), (5, Codec::Binary));
    assert_eq!(of(1), (1, Codec::Json));
}

#[test]
fn a_ttl_for_all_caches_is_a_fault_in_a_variable_too() {
    assert_eq!(
        resolve(&[site("users")], &[("CACHE_DEFAULT_TTL", "1h")]).1,
        [
            "CACHE_DEFAULT_TTL: a ttl for all caches has no effect, because every attribute states its own; use \
          `CACHE_<NAME>_TTL`"
        ]
    );
}

#[test]
fn the_type_and_the_default_backend_are_one_setting() {
    let both =
        |short, long| resolve(&[], &[("CACHE_TYPE", short), ("CACHE_DEFAULT_BACKEND", long)]).1;
    assert_eq!(both("redis", "redis"), [""; 0]);
    assert_eq!(both("redis", ""), [""; 0]);
    assert_eq!(
        both("redis", "memory"),
        [
            "CACHE_TYPE: it says `redis` and CACHE_DEFAULT_BACKEND says `memory`, for one setting; keep one of them"
        ]
    );
}

#[test]
fn a_word_that_is_none_is_told_the_nearest_or_all() {
    let set =
        [("CACHE_TYPE", "redsi"), ("CACHE_USERS_CODEC", "msgpack"), ("CACHE_FALLBACK", "none")];
    assert_eq!(
        resolve(&[site("users")], &set).1,
        [
            r#"CACHE_FALLBACK: "none" is not a fallback: write "memory" or "off""#,
            r#"CACHE_TYPE: "redsi" is not a backend: did you mean "redis"?"#,
            r#"CACHE_USERS_CODEC: "msgpack" is not a codec: write "binary" or "json""#,
        ]
    );
}

#[test]
fn words_read_as_they_are_shown() {
    let reads = |settings: CacheSettings, name: &str| {
        let field =
            CacheSettings::FIELDS.iter().find(|field| field.name == name).expect("it is one");
        assert_eq!((field.read)(&(field.show)(&settings).expect("it is set")), Ok(settings));
    };
    for codec in [Codec::Binary, Codec::Json] {
        reads(CacheSettings::new().codec(codec), "codec");
    }
    for fallback in [Fallback::Memory, Fallback::Off] {
        let settings = RemoteSettings { fallback: Some(fallback), ..RemoteSettings::UNSET };
        let field = RemoteSettings::FIELDS
            .iter()
            .find(|field| field.name == "fallback")
            .expect("it is one");
        assert_eq!((field.read)(&fallback.to_string()), Ok(settings));
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf8_is_a_fault_and_a_name_that_is_not_is_none_of_ours() {
    use std::os::unix::ffi::OsStringExt as _;
    let sites = [site("users")];
    let bytes = || OsString::from_vec(vec![b'1', 0xff]);
    let variables =
        [(OsString::from("CACHE_USERS_TTL"), bytes()), (bytes(), bytes())].into_iter().collect();
    let sources = Sources { variables: Some(variables), isolated: true, ..Sources::default() };
    assert_eq!(
        resolved(&sources, &[], &sites).1,
        ["CACHE_USERS_TTL: it is not valid UTF-8: set it again, as text"]
    );
}

#[test]
fn variables_show_their_names_and_never_a_value() {
    let shown = format!(
        "{:?}",
        variables(&[
            ("CACHE_B_TTL", "secret"),
            ("CACHE_A_TTL", "secret"),
            ("X", "y"),
            ("REDIS_URL", "secret")
        ])
    );
    assert_eq!(shown, r#"{"CACHE_A_TTL", "CACHE_B_TTL", "REDIS_URL"}"#);
}
