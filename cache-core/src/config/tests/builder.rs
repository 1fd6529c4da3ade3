//! Tests of wrong settings given in code.

use super::*;
use crate::error::Error;

#[test]
fn a_ttl_for_all_caches_is_a_fault() {
    for ttl in [
        CacheSettings::new().ttl(HOUR),
        CacheSettings::new().forever(),
        CacheSettings::new().ttl(Duration::ZERO),
    ] {
        let (_, faults) = resolve_with(
            &[],
            &[site("users")],
            &[],
            BuilderSettings { all: ttl, ..BuilderSettings::default() },
        );
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(
            faults[0],
            "builder: a ttl for all caches has no effect, because every attribute states its own; use \
             `.cache(name, ..)`"
        );
    }
}

#[test]
fn the_builder_is_checked_like_the_environment() {
    let builder = BuilderSettings {
        all: CacheSettings::new().jitter(f64::NAN).max_value_size(0),
        caches: [
            ("user".to_owned(), CacheSettings::new()),
            ("users".to_owned(), CacheSettings::new().ttl(Duration::ZERO).capacity(0)),
            ("orders".to_owned(), CacheSettings::new().ttl(Duration::MAX)),
        ]
        .into(),
        ..BuilderSettings::default()
    };
    let sources = Sources { builder, isolated: true, ..Sources::default() };
    let faults = Resolved::with_backends(&sources, &[site("users"), site("orders")], &[]).faults;
    let text = Error::check(faults).expect_err("six faults").to_string();
    for part in [
        "6 faults",
        "jitter",
        "`user`",
        "did you mean `users`?",
        "ttl of zero",
        "capacity of zero",
        "century",
        "value size of zero sends nothing",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn thousands_of_faults_are_a_hundred_lines_and_their_count() {
    let caches = (0..5_000).map(|n| (format!("cache-{n}"), CacheSettings::new())).collect();
    let sources = Sources {
        builder: BuilderSettings { caches, ..BuilderSettings::default() },
        isolated: true,
        ..Sources::default()
    };
    let error = Error::check(Resolved::with_backends(&sources, &[site("users")], &[]).faults)
        .expect_err("5,000 faults");
    let text = error.to_string();
    assert_eq!((error.faults().len(), text.lines().count()), (5_000, 102));
    assert!(text.starts_with("5000 faults") && text.ends_with("\n  and 4900 more"), "{text}");
}
