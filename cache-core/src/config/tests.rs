//! The settings of a program, from whatever sources.

use std::{ffi::OsString, time::Duration};

use cachery_syntax::Backend;

use super::{
    fields::{
        CacheSettings, Fallback, Field, ProgramSettings, RemotePolicy, RemoteSettings, Secret,
        Settings,
    },
    sources::{BuilderSettings, Variables},
    *,
};
use crate::{
    remote::{RemoteBackend, Target},
    site::Site,
};

mod abilities;
mod builder;
mod effective;
mod engine;
mod file;
mod foreign_variables;
mod hostile;
mod layers;
mod notes;
mod remote;
mod remote_target;
mod sites;
mod timeouts;
mod unknown_variables;
mod variables;

const HOUR: Duration = Duration::from_secs(3600);

const fn site(name: &'static str) -> Site {
    Site::new(name, "shop::f", "()", "u8")
        .ttl_millis(3_600_000)
        .weigh(|| Some(|_| 1))
        .optional()
        .keeping_errors()
        .ending_loads()
        .refusing_loads()
        .detached()
        .at("src/shop.rs", 7)
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
}

fn resolve(sites: &[Site], pairs: &[(&str, &str)]) -> (Config, Vec<String>) {
    resolve_with(&[], sites, pairs, BuilderSettings::default())
}

fn resolve_with(
    backends: &[RemoteBackend],
    sites: &[Site],
    pairs: &[(&str, &str)],
    builder: BuilderSettings,
) -> (Config, Vec<String>) {
    resolved(
        &Sources { builder, variables: Some(variables(pairs)), isolated: true },
        backends,
        sites,
    )
}

fn resolved(
    sources: &Sources,
    backends: &[RemoteBackend],
    sites: &[Site],
) -> (Config, Vec<String>) {
    let Resolved { config, faults, .. } = Resolved::with_backends(sources, sites, backends);
    (config, faults.into_iter().map(|fault| fault.message).collect())
}

#[test]
fn without_settings_the_attribute_and_the_defaults_stand() {
    let (config, faults) = resolve(&[site("users")], &[]);
    let policy = config.policy(0);
    assert_eq!((policy.enabled, policy.ttl, policy.capacity), (true, Some(HOUR), 10_000));
    assert_eq!(
        (policy.backend, policy.lease, policy.max_value_size),
        (Backend::Memory, true, 8 << 20)
    );
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
    let (config, _) = resolve(&sites, &set);
    let policy = config.policy(0);
    assert_eq!((policy.enabled, policy.ttl, policy.capacity), (false, Some(HOUR * 3 / 2), 50_000));
}

#[test]
fn the_builder_wins_over_a_variable_and_the_attribute_over_values_for_all() {
    let sites = [site("users").capacity(5)];
    let builder = BuilderSettings {
        all: CacheSettings::new().capacity(1).jitter(0.5),
        caches: [("users".to_owned(), CacheSettings::new().forever())].into(),
        ..BuilderSettings::default()
    };
    let (config, faults) = resolve_with(&[], &sites, &[("CACHE_USERS_TTL", "9")], builder);
    let policy = config.policy(0);
    assert_eq!((policy.ttl, policy.capacity), (None, 5));
    assert!((policy.jitter - 0.5).abs() < f64::EPSILON);
    assert!(faults.is_empty());
}

#[test]
fn all_caches_can_be_switched_off_and_no_single_one_on_again() {
    let sites = [site("users")];
    let set = [("CACHE_ENABLED", "false"), ("CACHE_USERS_ENABLED", "true")];
    assert!(!resolve(&sites, &set).0.policy(0).enabled);
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
    assert_eq!(config.policy(0).ttl, Some(HOUR));
}
