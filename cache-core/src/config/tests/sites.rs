//! Tests of call sites that contradict each other.

use cachery_syntax::{Global, Support};

use super::*;

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
fn two_functions_of_one_written_name_are_a_fault_that_names_both_lines() {
    let sites = [
        Site::named("users", "shop::f", "", "").at("src/shop.rs", 7),
        Site::named("users", "blog::g", "", "").at("src/blog.rs", 9),
        Site::new("orders", "shop::f", "", ""),
        Site::new("orders", "blog::g", "", ""),
    ];
    assert_eq!(
        resolve(&sites, &[]).1,
        [
            "src/shop.rs:7 and src/blog.rs:9: two functions are cached as `users`, and a name that is written \
          identifies one cache; give one of them another `name`"
        ]
    );
}

#[test]
fn three_sites_of_one_identity_are_one_fault_that_names_all_lines() {
    let (other, third) =
        (|| site("users").at("src/other.rs", 9), || site("users").at("src/third.rs", 11));
    let sites = [site("users"), other(), site("orders"), third()];
    assert_eq!(
        resolve(&sites, &[]).1,
        [
            "src/shop.rs:7, src/other.rs:9 and src/third.rs:11: three functions `shop::f` are cached as `users`, and \
          nothing tells them apart; give each a `name` of its own"
        ]
    );
    assert!(
        resolve(&[site("users"), other(), third(), third()], &[]).1[0].contains(": 4 functions")
    );
}

#[test]
fn two_functions_may_share_a_name() {
    let sites = [site("users"), Site::new("users", "shop::g", "()", "u8")];
    assert_eq!(resolve(&sites, &[]).1, [""; 0]);
}

#[test]
fn a_declared_cache_is_declared_once() {
    let other = Site::new("users", "blog::USERS", "u64", "Post").at("src/blog.rs", 9).declared();
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
        &[
            site("users"),
            Site::new("users", "shop::USERS", "", "").at("src/caches.rs", 3).declared(),
        ],
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
    let (_, faults) =
        resolve(&[site("user-orders"), Site::new("user_orders", "shop::g", "", "")], &[]);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("CACHE_USER_ORDERS_TTL"), "{}", faults[0]);
}

#[test]
fn names_that_share_a_variable_by_a_field_of_a_later_version_are_a_fault() {
    let sites = [site("user"), Site::new("user-err", "shop::g", "", "")];
    assert_eq!(
        resolve(&sites, &[]).1,
        [
            "the caches `user` and `user-err` would share a variable: CACHE_USER_ERR_TTL would set `err_ttl` of the \
             one and `ttl` of the other; give one of them another `name`"
        ]
    );
    assert_eq!(
        resolve(&[site("user"), Site::new("user-error", "shop::g", "", "")], &[]).1,
        [""; 0]
    );
}

#[test]
fn no_name_that_is_allowed_makes_the_name_of_a_variable_for_something_else() {
    let fields = cachery_syntax::Field::ALL.map(|field| field.name.to_ascii_uppercase());
    let globals = Global::ALL.map(|global| global.variable);
    let globals = globals.into_iter().chain(["CACHE_DEFAULT_BACKEND", "CACHE_DEFAULT_TTL"]);
    for (field, global) in globals.flat_map(|global| fields.each_ref().map(|field| (field, global)))
    {
        let stem =
            global.strip_prefix("CACHE_").and_then(|rest| rest.strip_suffix(&format!("_{field}")));
        if let Some(stem) = stem {
            assert!(
                cachery_syntax::check_name(&stem.to_lowercase()).is_err(),
                "`{stem}` would set {global}"
            );
        }
    }
    assert!(cachery_syntax::check_name("default").is_err());
}

/// The macro reads the one list, the settings are the other.
#[test]
fn the_settings_are_the_words_that_the_attributes_know() {
    let now = |support| support == Support::Now;
    let globals = Global::ALL.into_iter().filter(|global| now(global.support));
    let mut known = super::super::sources::known(&[]);
    known.retain(|name| name.starts_with("CACHE_") && !name.starts_with("CACHE_DEFAULT_"));
    assert_eq!(known, globals.map(|global| global.variable.to_owned()).collect());

    let mut fields: Vec<_> = CacheSettings::FIELDS.iter().map(|field| field.name).collect();
    let words = cachery_syntax::Field::ALL.into_iter().filter(|field| now(field.variable));
    let mut words: Vec<_> = words.map(|field| field.name).collect();
    fields.sort_unstable();
    words.sort_unstable();
    assert_eq!(fields, words);
}
