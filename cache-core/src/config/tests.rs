use std::{ffi::OsString, time::Duration};

use super::*;
use crate::error::Error;

const HOUR: Duration = Duration::from_secs(3600);

const fn site(name: &'static str) -> Site {
    Site::new(name, "shop::f", "()->u8").ttl_millis(3_600_000).at("src/shop.rs", 7)
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
}

fn resolve(sites: &[Site], pairs: &[(&str, &str)]) -> (Config, Vec<String>) {
    let (config, faults) = Config::resolve(sites, &variables(pairs), Config::default());
    (config, faults.into_iter().map(|fault| fault.message).collect())
}

#[test]
fn without_settings_the_attribute_and_the_defaults_stand() {
    let site = site("users");
    let (config, faults) = resolve(&[], &[]);
    let policy = config.policy(&site);
    assert_eq!((policy.enabled, policy.ttl, policy.capacity), (true, Some(HOUR), 10_000));
    assert_eq!(faults, [""; 0]);
}

#[test]
fn a_variable_wins_over_the_attribute() {
    let sites = [site("user-orders").capacity(5)];
    let set = [
        ("CACHE_USER_ORDERS_TTL", "1h30m"),
        ("CACHE_USER_ORDERS_CAPACITY", "50_000"),
        ("CACHE_USER_ORDERS_ENABLED", "off"),
    ];
    let policy = resolve(&sites, &set).0.policy(&sites[0]);
    assert_eq!((policy.enabled, policy.ttl, policy.capacity), (false, Some(HOUR * 3 / 2), 50_000));
}

#[test]
fn the_builder_wins_over_a_variable_and_the_attribute_over_values_for_all() {
    let sites = [site("users").capacity(5)];
    let given = Config {
        all: CacheSettings::new().capacity(1).jitter(0.5),
        caches: [("users".to_owned(), CacheSettings::new().forever())].into(),
        ..Config::default()
    };
    let (config, faults) = Config::resolve(&sites, &variables(&[("CACHE_USERS_TTL", "9")]), given);
    let policy = config.policy(&sites[0]);
    assert_eq!((policy.ttl, policy.capacity), (None, 5));
    assert!((policy.jitter - 0.5).abs() < f64::EPSILON);
    assert!(faults.is_empty());
}

#[test]
fn all_caches_can_be_switched_off_and_no_single_one_on_again() {
    let sites = [site("users")];
    let set = [("CACHE_ENABLED", "false"), ("CACHE_USERS_ENABLED", "true")];
    assert!(!resolve(&sites, &set).0.policy(&sites[0]).enabled);
}

#[test]
fn wrong_values_are_told_at_once_each_with_its_variable_and_the_attribute_stands() {
    let sites = [site("users")];
    let set = [
        ("CACHE_ENABLED", "maybe"),
        ("CACHE_USERS_TTL", "10 minutes"),
        ("CACHE_USERS_CAPACITY", "0"),
        ("CACHE_USERS_ENABLED", "y"),
    ];
    let (config, faults) = resolve(&sites, &set);
    assert_eq!(faults.len(), 4, "{faults:#?}");
    for (name, _) in set {
        assert!(faults.iter().any(|fault| fault.starts_with(name)), "{name}: {faults:#?}");
    }
    assert_eq!(config.policy(&sites[0]).ttl, Some(HOUR));
}

#[test]
fn an_empty_variable_is_not_set() {
    let sites = [site("users")];
    let (config, faults) = resolve(&sites, &[("CACHE_USERS_TTL", " ")]);
    assert_eq!((config.policy(&sites[0]).ttl, faults.len()), (Some(HOUR), 0));
}

#[test]
fn hostile_values_give_one_short_fault_each() {
    let sites = [site("users")];
    for hostile in ["-1", "1e9", "\0", "99999999999999999999999", &"x".repeat(1_000_000), "١٢", "NaN"] {
        for field in variables::FIELDS {
            let (_, faults) = resolve(&sites, &[(&variables::variable("users", field), hostile)]);
            assert_eq!(faults.len(), 1, "{field} {faults:?}");
            assert!(faults[0].len() < 400, "{field}: {} bytes", faults[0].len());
        }
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf8_is_a_fault_and_a_name_that_is_not_is_none_of_ours() {
    use std::os::unix::ffi::OsStringExt as _;
    let sites = [site("users")];
    let bytes = || OsString::from_vec(vec![b'1', 0xff]);
    let variables = [(OsString::from("CACHE_USERS_TTL"), bytes()), (bytes(), bytes())].into_iter().collect();
    let (_, faults) = Config::resolve(&sites, &variables, Config::default());
    assert_eq!(faults.len(), 1);
    assert!(faults[0].message.contains("CACHE_USERS_TTL"), "{}", faults[0]);
}

#[test]
fn two_sites_of_one_identity_are_a_fault_that_names_both_lines() {
    let sites = [site("users"), site("users").at("src/other.rs", 9), site("orders")];
    let (_, faults) = resolve(&sites, &[]);
    assert_eq!(faults.len(), 1);
    for part in ["src/shop.rs:7", "src/other.rs:9", "`users`", "another `name`"] {
        assert!(faults[0].contains(part), "{part}: {}", faults[0]);
    }
}

#[test]
fn three_sites_of_one_identity_are_one_fault_that_names_all_lines() {
    let (other, third) = (|| site("users").at("src/other.rs", 9), || site("users").at("src/third.rs", 11));
    let sites = [site("users"), other(), site("orders"), third()];
    assert_eq!(
        resolve(&sites, &[]).1,
        [
            "src/shop.rs:7, src/other.rs:9 and src/third.rs:11: three functions `shop::f` are cached as `users`, and \
          nothing tells them apart; give each a `name` of its own"
        ]
    );
    assert!(resolve(&[site("users"), other(), third(), third()], &[]).1[0].contains(": 4 functions"));
}

#[test]
fn two_functions_may_share_a_name() {
    let sites = [site("users"), Site::new("users", "shop::g", "()->u8")];
    assert_eq!(resolve(&sites, &[]).1, [""; 0]);
}

#[test]
fn names_that_share_a_variable_are_a_fault() {
    let (_, faults) = resolve(&[site("user-orders"), Site::new("user_orders", "shop::g", "")], &[]);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("CACHE_USER_ORDERS_TTL"), "{}", faults[0]);
}

#[test]
fn a_ttl_for_all_caches_is_a_fault() {
    for ttl in [
        CacheSettings::new().ttl(HOUR),
        CacheSettings::new().forever(),
        CacheSettings::new().ttl(Duration::ZERO),
    ] {
        let given = Config { all: ttl, ..Config::default() };
        let (_, faults) = Config::resolve(&[site("users")], &Variables::default(), given);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(
            faults[0].message,
            "builder: a ttl for all caches has no effect, because every attribute states its own; use \
             `.cache(name, ..)`"
        );
    }
}

#[test]
fn variables_show_their_names_and_never_a_value() {
    let shown =
        format!("{:?}", variables(&[("CACHE_B_TTL", "secret"), ("CACHE_A_TTL", "secret"), ("X", "y")]));
    assert_eq!(shown, r#"{"CACHE_A_TTL", "CACHE_B_TTL"}"#);
}

#[test]
fn the_builder_is_checked_like_the_environment() {
    let given = Config {
        all: CacheSettings::new().jitter(f64::NAN),
        caches: [
            ("user".to_owned(), CacheSettings::new()),
            ("users".to_owned(), CacheSettings::new().ttl(Duration::ZERO).capacity(0)),
            ("orders".to_owned(), CacheSettings::new().ttl(Duration::MAX)),
        ]
        .into(),
        ..Config::default()
    };
    let (_, faults) = Config::resolve(&[site("users"), site("orders")], &Variables::default(), given);
    let text = Error::check(faults).expect_err("five faults").to_string();
    for part in [
        "5 faults",
        "jitter",
        "`user`",
        "did you mean `users`?",
        "ttl of zero",
        "capacity of zero",
        "century",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
