//! The engines of memory and their rules of eviction.

use cachery_syntax::{Engine, Eviction};

use super::*;

/// Returns the engines of `sites`, and the faults.
fn resolved(sites: &[Site], pairs: &[(&str, &str)]) -> (Vec<(Engine, Eviction)>, Vec<String>) {
    let (config, faults) = resolve_with(&[], sites, pairs, BuilderSettings::default());
    let policies = (0..sites.len()).map(|index| config.policy(index));
    (policies.map(|policy| (policy.engine, policy.eviction)).collect(), faults)
}

#[test]
fn the_engine_is_the_strongest_of_what_is_said() {
    let orders =
        Site::new("orders", "shop::g", "", "").engine(Engine::Moka).eviction(Eviction::Lru);
    let sites = [site("users"), orders];
    let engines = |pairs: &[(&str, &str)]| {
        let (engines, faults) = resolved(&sites, pairs);
        assert_eq!(faults, [""; 0]);
        engines
    };
    let moka_lru = (Engine::Moka, Eviction::Lru);
    let s3_fifo = (Engine::S3Fifo, Eviction::TinyLfu);
    assert_eq!(engines(&[]), [s3_fifo, moka_lru]);
    assert_eq!(
        engines(&[("CACHE_DEFAULT_ENGINE", "moka"), ("CACHE_ORDERS_ENGINE", "s3-fifo")]),
        [(Engine::Moka, Eviction::TinyLfu), (Engine::S3Fifo, Eviction::Lru)]
    );
    assert_eq!(
        engines(&[("CACHE_USERS_ENGINE", "moka"), ("CACHE_USERS_EVICTION", "lru")]),
        [moka_lru, moka_lru]
    );
}

#[test]
fn a_rule_that_no_engine_follows_is_a_fault() {
    let sites = [site("users"), Site::new("orders", "shop::g", "", "")];
    let faults = |pairs: &[(&str, &str)]| resolved(&sites, pairs).1;
    let fault = |variable: &str| {
        format!(
            "{variable}: a rule of eviction is for the engine `moka`, which no cache here has: set `engine`, too"
        )
    };
    assert_eq!(faults(&[("CACHE_DEFAULT_EVICTION", "lru")]), [fault("CACHE_DEFAULT_EVICTION")]);
    assert_eq!(faults(&[("CACHE_USERS_EVICTION", "lru")]), [fault("CACHE_USERS_EVICTION")]);
    let one_follows = [("CACHE_DEFAULT_EVICTION", "lru"), ("CACHE_USERS_ENGINE", "moka")];
    assert_eq!(faults(&one_follows), [""; 0]);
    let mut builder = BuilderSettings::default();
    builder.add_for_cache("users".to_owned(), CacheSettings::new().eviction(Eviction::Lru));
    assert_eq!(resolve_with(&[], &sites, &[], builder).1, [fault("builder")]);
}

#[test]
fn a_wrong_engine_is_a_fault_with_the_nearest_word() {
    let (engines, faults) = resolved(&[site("users")], &[("CACHE_USERS_ENGINE", "mocka")]);
    assert_eq!(
        faults,
        ["CACHE_USERS_ENGINE: \"mocka\" is not a memory engine: did you mean \"moka\"?"]
    );
    assert_eq!(engines, [(Engine::S3Fifo, Eviction::TinyLfu)]);
}
