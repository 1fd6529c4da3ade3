//! What call sites must not be to one another.

use super::*;

/// The variables that stand for themselves: no cache's name may make one of these.
const GLOBALS: [&str; 18] = [
    "CACHE_CONFIG",
    "CACHE_ENABLED",
    "CACHE_ENV",
    "CACHE_EXTERNAL",
    "CACHE_FALLBACK",
    "CACHE_KEY_SECRET",
    "CACHE_OUTAGE_TTL",
    "CACHE_PREFIX",
    "CACHE_REDIS_CA",
    "CACHE_REDIS_CERT",
    "CACHE_REDIS_KEY",
    "CACHE_REDIS_URL",
    "CACHE_REMOTE_DEADLINE",
    "CACHE_REQUIRED",
    "CACHE_STRICT",
    "CACHE_TYPE",
    "CACHE_DEFAULT_BACKEND",
    "CACHE_DEFAULT_TTL",
];

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
fn a_declared_cache_is_declared_once() {
    let other = Site::new("users", "blog::USERS", "u64->Post").at("src/blog.rs", 9).declared();
    let (_, faults) = resolve(&[site("users").declared(), other, site("orders").declared()], &[]);
    assert_eq!(
        faults,
        ["src/shop.rs:7 and src/blog.rs:9: two caches are declared as `users`, and a declared \
             cache is identified by its name alone; give one of them another `name`"]
    );
}

#[test]
fn no_function_has_a_cache_of_its_own_under_a_declared_name() {
    let (_, faults) = resolve(
        &[site("users"), Site::new("users", "shop::USERS", "").at("src/caches.rs", 3).declared()],
        &[],
    );
    assert_eq!(
        faults,
        [
            "src/caches.rs:3 and src/shop.rs:7: `users` is a declared cache, and the function `shop::f` has one of its own under that \
          name; cache the function in the declared one by `#[cached(cache = ..)]`, or give it another `name`"
        ]
    );
}

#[test]
fn names_that_share_a_variable_are_a_fault() {
    let (_, faults) = resolve(&[site("user-orders"), Site::new("user_orders", "shop::g", "")], &[]);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("CACHE_USER_ORDERS_TTL"), "{}", faults[0]);
}

#[test]
fn no_name_that_is_allowed_makes_the_name_of_a_variable_for_something_else() {
    let fields = || CacheSettings::FIELDS.iter().map(|field| field.name.to_ascii_uppercase());
    for (field, global) in fields().flat_map(|field| GLOBALS.map(|global| (field.clone(), global))) {
        let stem = global.strip_prefix("CACHE_").and_then(|rest| rest.strip_suffix(&format!("_{field}")));
        if let Some(stem) = stem {
            assert!(cachery_syntax::check_name(&stem.to_lowercase()).is_err(), "`{stem}` would set {global}");
        }
    }
    assert!(cachery_syntax::check_name("default").is_err());
}

#[test]
fn the_variables_that_stand_for_themselves_are_all_listed_above() {
    let known = super::super::sources::known(&[]);
    let themselves =
        known.iter().filter(|name| name.starts_with("CACHE_") && !name.starts_with("CACHE_DEFAULT_"));
    assert!(themselves.clone().all(|name| GLOBALS.contains(&name.as_str())), "{known:?}");
    assert_eq!(themselves.count(), GLOBALS.len() - 2);
}

#[test]
fn no_field_ends_in_another_so_only_equal_stems_share_a_variable() {
    for field in CacheSettings::FIELDS {
        let ends = |other: &Field<CacheSettings>| field.name.ends_with(&format!("_{}", other.name));
        assert!(
            !CacheSettings::FIELDS.iter().any(ends),
            "`x` and `x-..` would share a variable by {}",
            field.name
        );
    }
}
