//! The registry as its users see it: names, settings, switching off, reports, and isolated tests.

use std::time::Duration;

use cachery::{
    Caches, Invalidation, cached,
    config::{CacheSettings, FaultKind},
};

#[cached(name = "registry-alpha", ttl = "10m", capacity = 100)]
async fn alpha(n: u64) -> u64 {
    n
}

#[cached(name = "registry-beta", ttl = "forever", version = 2)]
async fn beta(n: u64) -> u64 {
    n
}

/// A function that no test calls.
#[cached(name = "registry-uncalled", ttl = 60)]
async fn uncalled() -> u64 {
    0
}

/// Builds an isolated registry whose entries live for exactly their ttl.
async fn exact() -> Caches {
    let settings = CacheSettings::new().jitter(0.0);
    Caches::builder().all(settings).isolated().build().await.expect("right settings")
}

#[test]
fn every_call_site_is_known_before_its_first_call() {
    let names = Caches::current().names();
    let ours: Vec<_> = names.into_iter().filter(|name| name.starts_with("registry-")).collect();
    assert_eq!(ours, ["registry-alpha", "registry-beta", "registry-uncalled"]);
}

#[tokio::test]
async fn an_unknown_name_is_none() {
    Caches::isolated().scope(async { assert!(Caches::current().get("gamma").is_none()) }).await;
}

/// Returns the cache of this name in a report.
fn named<'a>(report: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    let caches = report["caches"].as_array().expect("a list");
    caches.iter().find(|cache| cache["name"] == name).expect("it is in the report")
}

#[tokio::test]
async fn a_report_is_one_serialisable_value() {
    let check = async {
        alpha(1).await;
        alpha(1).await;
        let report = serde_json::to_value(Caches::current().report()).expect("serialisable");

        let alpha = named(&report, "registry-alpha");
        assert_eq!(alpha["hit_ratio"], 0.5);
        assert!(alpha["stats"]["load_time"].is_f64(), "times are seconds: {alpha}");
        let config = serde_json::to_value(Caches::current().config()).expect("serialisable");
        let health = serde_json::to_value(Caches::current().health().await).expect("serialisable");
        for json in [&report, &config, &health] {
            assert!(!json.to_string().contains("\"nanos\""), "{json}");
        }
        assert_eq!((&alpha["stats"]["hits"], &alpha["stats"]["size"]), (&1.into(), &1.into()));
        let site = &alpha["sites"][0];
        assert_eq!(site["function"], "it::registry::alpha");
        assert_eq!(site["policy"]["capacity"], 100);
        assert_eq!(site["policy"]["ttl"], 600.0);
        assert!(site["file"].as_str().is_some_and(|file| file.ends_with("registry.rs")));
        assert_eq!(site["fingerprint"].as_str().map(str::len), Some(16));
        assert_eq!(named(&report, "registry-beta")["stats"]["hits"], 0);
    };
    Caches::isolated().scope(check).await;
}

#[tokio::test]
async fn an_entry_is_gone_when_its_ttl_has_passed() {
    let caches = exact().await;
    let check = async {
        alpha(1).await;
        caches.clock().advance(Duration::from_secs(599));
        assert_eq!(alpha::peek(1).await, Some(1));
        caches.clock().advance(Duration::from_secs(1));
        assert_eq!(alpha::peek(1).await, None);
        alpha(1).await;
        let stats = alpha::cache().stats();
        assert_eq!((stats.loads, stats.evictions.expired), (2, 1));
    };
    caches.scope(check).await;
}

#[tokio::test]
async fn an_entry_with_ttl_forever_never_ends() {
    let caches = Caches::isolated();
    let check = async {
        beta(1).await;
        caches.clock().advance(Duration::from_secs(100 * 365 * 24 * 3600));
        assert_eq!(beta::peek(1).await, Some(1));
    };
    caches.scope(check).await;
}

#[tokio::test]
async fn jitter_spreads_expiry_over_the_last_twentieth() {
    let caches = Caches::isolated();
    let check = async {
        let all = async || {
            let mut fresh = 0;
            for n in 0..100 {
                fresh += usize::from(alpha::peek(n).await.is_some());
            }
            fresh
        };
        for n in 0..100 {
            alpha(n).await;
        }
        caches.clock().advance(Duration::from_secs(569));
        assert_eq!(all().await, 100);
        caches.clock().advance(Duration::from_secs(16));
        let halfway = all().await;
        assert!((20..80).contains(&halfway), "{halfway} of 100 left halfway");
        caches.clock().advance(Duration::from_secs(15));
        assert_eq!(all().await, 0);
    };
    caches.scope(check).await;
}

#[tokio::test]
async fn memory_is_bounded_and_tells_what_it_evicts() {
    let check = async {
        for n in 0..1000 {
            alpha(n).await;
        }
        let stats = alpha::cache().stats();
        assert!(stats.size <= 100, "{}", stats.size);
        assert_eq!(stats.size + stats.evictions.size, 1000);
    };
    Caches::isolated().scope(check).await;
}

#[tokio::test]
async fn a_disabled_cache_runs_every_call_and_counts_none() {
    let off = CacheSettings::new().enabled(false);
    let caches = Caches::builder()
        .cache("registry-alpha", off)
        .isolated()
        .build()
        .await
        .expect("right settings");
    let check = async {
        alpha(1).await;
        alpha::put(1, 5).await;
        assert_eq!(alpha(1).await, 1);
        assert_eq!(alpha::peek(1).await, None);
        assert_eq!(alpha::refresh(1).await, 1);
        let stats = alpha::cache().stats();
        assert_eq!((stats.hits, stats.misses, stats.loads, stats.size), (0, 0, 0, 0));
        beta(1).await;
        assert_eq!(beta::peek(1).await, Some(1), "the other one is on");
    };
    caches.scope(check).await;
}

#[tokio::test]
async fn variables_are_read_and_wrong_ones_refused_all_at_once() {
    let variables = [("CACHE_REGISTRY_ALPHA_TTL", "2s"), ("CACHE_REGISTRY_BETA_ENABLED", "off")];
    let caches = Caches::builder().variables(variables).build().await.expect("right variables");
    let check = async {
        assert_eq!(alpha::cache().policy().ttl, Some(Duration::from_secs(2)));
        assert!(!beta::cache().policy().enabled);
    };
    caches.scope(check).await;

    let wrong = [("CACHE_REGISTRY_ALPHA_TTL", "2 s"), ("CACHE_REGISTRY_BETA_CAPACITY", "-1")];
    let error = Caches::builder().variables(wrong).build().await.expect_err("two wrong variables");
    assert_eq!(error.faults().len(), 2);
    assert!(error.faults().iter().all(|fault| fault.kind == FaultKind::InvalidSetting));
    let error = Caches::builder()
        .cache("registry-alfa", CacheSettings::new())
        .build()
        .await
        .expect_err("no such cache");
    assert_eq!(
        error.to_string(),
        "builder: unknown cache `registry-alfa`: did you mean `registry-alpha`?"
    );
}

#[tokio::test]
async fn later_settings_are_laid_over_earlier_ones() {
    let new = CacheSettings::new;
    let builder = Caches::builder()
        .cache("registry-alpha", new().ttl(Duration::from_secs(1)).capacity(7))
        .cache("registry-alpha", new().ttl(Duration::from_secs(2)))
        .all(new().jitter(0.25).capacity(8))
        .all(new().capacity(9));
    let check = async {
        let (alpha, beta) = (alpha::cache().policy(), beta::cache().policy());
        assert_eq!((alpha.ttl, alpha.capacity), (Some(Duration::from_secs(2)), 7));
        assert_eq!((beta.capacity, beta.jitter), (9, 0.25));
    };
    builder.isolated().build().await.expect("right settings").scope(check).await;
}

#[tokio::test]
async fn a_ttl_for_all_caches_is_refused() {
    for settings in [
        CacheSettings::new().ttl(Duration::from_secs(1)),
        CacheSettings::new().forever().capacity(5),
    ] {
        let error =
            Caches::builder().all(settings).isolated().build().await.expect_err("no effect");
        assert_eq!(
            error.to_string(),
            "builder: a ttl for all caches has no effect, because every attribute states its own; use \
             `.cache(name, ..)`"
        );
    }
}

#[test]
fn a_builder_shows_its_settings_but_no_value_of_a_variable() {
    let builder = Caches::builder()
        .enabled(true)
        .cache("registry-alpha", CacheSettings::new().capacity(7))
        .variables([("CACHE_REGISTRY_ALPHA_TTL", "planted")]);
    let shown = format!("{builder:?}");
    for part in [
        "CachesBuilder",
        "enabled: Some(true)",
        "registry-alpha",
        "Some(7)",
        "CACHE_REGISTRY_ALPHA_TTL",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("planted"), "{shown}");
}

/// The memory tier drops the entries after a `clear` in batches.
#[tokio::test]
async fn a_cleared_cache_is_empty_however_full_it_was() {
    let settings = CacheSettings::new().capacity(50_000);
    let caches = Caches::builder()
        .cache("registry-beta", settings)
        .isolated()
        .build()
        .await
        .expect("right settings");
    let check = async {
        for n in 0..40_000 {
            beta::put(n, n).await;
        }
        assert_eq!(beta::cache().stats().size, 40_000);
        beta::cache().clear().await;
        assert_eq!(beta::cache().stats().size, 0);
        for n in 0..10 {
            beta::put(n, n).await;
        }
        assert_eq!(beta::cache().stats().size, 10);
    };
    caches.scope(check).await;
}

#[tokio::test]
async fn parallel_tests_do_not_see_one_another() {
    let (one, other) = (Caches::isolated(), Caches::isolated());
    one.scope(alpha(1)).await;
    other.scope(async { assert_eq!(alpha::peek(1).await, None) }).await;
    // A scope within a scope is its own, and the outer one is current again after it.
    let nested = async {
        other.scope(alpha(2)).await;
        assert_eq!((alpha::peek(1).await, alpha::peek(2).await), (Some(1), None));
    };
    one.scope(nested).await;
}

#[tokio::test]
async fn the_current_registry_can_be_carried_into_a_task() {
    let caches = Caches::isolated();
    let check = async {
        tokio::spawn(Caches::current().scope(alpha(1))).await.expect("it ran");
        assert_eq!(alpha::peek(1).await, Some(1));
    };
    caches.scope(check).await;
}

#[tokio::test]
async fn in_memory_an_invalidation_is_local() {
    let check = async {
        alpha(1).await;
        assert_eq!(alpha::invalidate(1).await, Invalidation::Local);
        assert_eq!(alpha::cache().clear().await, Invalidation::Local);
    };
    Caches::isolated().scope(check).await;
}
