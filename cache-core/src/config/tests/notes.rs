//! Tests of settings that are without effect: each is one note, and stops no start.

use super::*;

const URL: (&str, &str) = ("REDIS_URL", "redis://:hunter2@here");

fn notes_of(sites: &[Site], pairs: &[(&str, &str)]) -> Vec<String> {
    let variables = Some(variables(pairs));
    let sources = Sources { variables, isolated: true, ..Sources::default() };
    let Resolved { config, faults } =
        Resolved::with_backends(&sources, sites, &remote_target::linked());
    assert!(faults.is_empty(), "{faults:?}");
    config.notes
}

fn notes(pairs: &[(&str, &str)]) -> Vec<String> {
    notes_of(&[site("users"), Site::new("orders", "shop::g", "", "")], pairs)
}

#[test]
fn a_redis_that_no_cache_uses_is_noted() {
    let [note] = &*notes(&[URL]) else { panic!("one note") };
    assert!(note.starts_with("REDIS_URL: a Redis is set, and no cache uses it"), "{note}");
    assert!(!note.contains("hunter2"), "{note}");
}

#[test]
fn a_redis_that_a_cache_uses_or_that_all_decline_is_not_noted() {
    for used in [
        &[URL, ("CACHE_TYPE", "redis")][..],
        &[URL, ("CACHE_USERS_BACKEND", "tiered")],
        &[URL, ("CACHE_TYPE", "memory")],
        &[URL, ("CACHE_ENABLED", "false")],
        &[],
    ] {
        assert_eq!(notes(used), [""; 0], "{used:?}");
    }
    assert_eq!(notes_of(&[site("users").local()], &[URL]), [""; 0]);
    assert_eq!(notes_of(&[], &[URL]), [""; 0], "a program without caches");
}

#[test]
fn a_bound_of_all_bytes_that_does_not_count_a_cache_is_noted() {
    const BOUND: (&str, &str) = ("CACHE_MAX_BYTES", "1GiB");
    let weighed = || site("users").weigh(|| Some(|_| 8));
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let other = |name: &'static str| Site::new(name, "shop::g", "", "");
    let [note] = &*notes_of(&[weighed(), other("orders")], &[BOUND]) else { panic!("one note") };
    let begin = "CACHE_MAX_BYTES: the bytes of `orders` are not counted";
    assert!(note.starts_with(begin) && note.contains("`weigh = |value| ..`"), "{note}");
    let many: Vec<_> = names.map(other).into();
    let [note] = &*notes_of(&many, &[BOUND]) else { panic!("one note") };
    assert!(note.contains("`a`, `b`") && note.contains(" more are not counted"), "{note}");
    assert_eq!(notes_of(&[weighed()], &[BOUND]), [""; 0]);
    assert_eq!(notes_of(&many, &[]), [""; 0]);
    assert_eq!(notes_of(&many, &[BOUND, ("CACHE_ENABLED", "false")]), [""; 0]);
}

#[test]
fn a_natural_slip_is_one_note_with_the_name_that_is_meant() {
    for (name, value, meant) in [
        ("CACHE_BACKEND", "redis", "CACHE_TYPE"),
        ("CACHE_PROFILE", "production", "CACHE_ENV"),
        ("CACHE_REDIS_PREFIX", "shop", "CACHE_PREFIX"),
        ("CACHE_URL", "redis://:hunter2@here", "REDIS_URL"),
    ] {
        let way_out = "(if it is for another program, list it in CACHE_EXTERNAL)";
        assert_eq!(
            notes(&[(name, value)]),
            [format!(
                "{name}: no setting has this name, and it is ignored: did you mean {meant}? {way_out}"
            )]
        );
        assert_eq!(notes(&[(name, value), ("CACHE_EXTERNAL", name)]), [""; 0]);
        let strict = [(name, value), ("CACHE_STRICT", "true")];
        assert_eq!(resolve(&[site("users")], &strict).1.len(), 1, "{name}");
    }
}

#[test]
fn a_profile_like_a_usual_one_is_noted_where_no_file_was_read() {
    let [note] = &*notes(&[("CACHE_ENV", "prod")]) else { panic!("one note") };
    assert!(note.starts_with("CACHE_ENV: ") && note.contains("`production`?"), "{note}");
    for right in ["production", "local", "blue"] {
        assert_eq!(notes(&[("CACHE_ENV", right)]), [""; 0], "{right}");
    }
}
