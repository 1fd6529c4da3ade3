//! O1: the metrics of a cache in memory, by their names and labels.

use cachery::{Caches, cached};
use cachery_test_support::Recorder;

/// An argument whose digits stand in no metric of another test.
const UNLIKELY: u64 = 8_675_309;

#[cached(name = "metrics-priced", ttl = "1h", capacity = 1000)]
async fn priced(n: u64) -> Result<u64, String> {
    if n == UNLIKELY { Err("secret-argument".to_owned()) } else { Ok(n) }
}

#[cached(name = "metrics-idle", ttl = "1h")]
async fn idle() -> u8 {
    0
}

async fn some_traffic() {
    for n in [1, 1, 2, UNLIKELY] {
        let _ = priced(n).await;
    }
    let _ = priced::refresh(1).await;
    priced::put(3, 3).await;
    priced::peek(3).await;
    priced::invalidate(1).await;
    priced::cache().clear().await;
}

/// Runs `work` in a registry of its own and flushes it to a recorder of its own.
fn recorded<F: Future<Output = ()>>(work: impl FnOnce() -> F) -> Recorder {
    let recorder = Recorder::default();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(Caches::isolated().scope(async {
            work().await;
            Caches::current().flush_metrics();
        }));
    });
    recorder
}

#[test]
fn every_metric_has_its_name_its_labels_and_its_count() {
    let recorder = recorded(some_traffic);
    let expected = [
        (r#"cache_gets_total{cache="metrics-priced",result="hit",tier="memory"}"#, 1),
        (r#"cache_gets_total{cache="metrics-priced",result="miss",tier="none"}"#, 3),
        (r#"cache_coalesced_total{cache="metrics-priced"}"#, 0),
        (r#"cache_puts_total{cache="metrics-priced"}"#, 4),
        (r#"cache_refreshes_total{cache="metrics-priced",kind="call",outcome="success"}"#, 1),
        (r#"cache_refreshes_total{cache="metrics-priced",kind="inline",outcome="error"}"#, 0),
        (r#"cache_stale_served_total{cache="metrics-priced",reason="stale"}"#, 0),
        (r#"cache_evictions_total{cache="metrics-priced",cause="expired"}"#, 0),
        (r#"cache_evictions_total{cache="metrics-priced",cause="size"}"#, 0),
        (r#"cache_invalidations_total{cache="metrics-priced",kind="key",source="local"}"#, 1),
        (r#"cache_invalidations_total{cache="metrics-priced",kind="cache",source="local"}"#, 1),
        (r#"cache_load_seconds{cache="metrics-priced",result="success"}"#, 3),
        (r#"cache_load_seconds{cache="metrics-priced",result="error"}"#, 1),
        (r#"cache_saved_seconds_total{cache="metrics-priced"}"#, 0),
        (r#"cache_size{cache="metrics-priced"}"#, 0),
        (r#"cache_info{backend="memory",cache="metrics-priced"}"#, 1),
    ];
    for (metric, count) in expected {
        assert_eq!(recorder.value(metric), Some(count), "{metric} of {:#?}", recorder.all());
    }
}

#[test]
fn a_cache_that_was_never_called_is_seen_with_zeros() {
    let recorder = recorded(|| async {});
    assert_eq!(
        recorder.value(r#"cache_gets_total{cache="metrics-idle",result="hit",tier="memory"}"#),
        Some(0)
    );
}

#[test]
fn every_metric_that_is_seen_is_in_the_list() {
    let recorder = recorded(some_traffic);
    for metric in recorder.all().keys() {
        let (name, _) = metric.split_once('{').expect("labels");
        assert!(cachery_core::metric_list::is_listed(name), "{name} is not in docs/metrics.md");
    }
}

#[test]
fn flushing_again_adds_nothing() {
    let recorder = recorded(|| async {
        some_traffic().await;
        Caches::current().flush_metrics();
        Caches::current().flush_metrics();
    });
    assert_eq!(
        recorder.value(r#"cache_gets_total{cache="metrics-priced",result="miss",tier="none"}"#),
        Some(3)
    );
}

#[test]
fn a_recorder_that_is_installed_late_gets_the_totals() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let caches = Caches::isolated();
    runtime.block_on(caches.scope(some_traffic()));
    let late = Recorder::default();
    metrics::with_local_recorder(&late, || caches.flush_metrics());
    assert_eq!(
        late.value(r#"cache_gets_total{cache="metrics-priced",result="hit",tier="memory"}"#),
        Some(1)
    );
}

#[test]
fn no_argument_and_no_value_is_in_a_label() {
    let recorder = recorded(some_traffic);
    let shown = format!("{:?}", recorder.all());
    assert!(!shown.contains(&UNLIKELY.to_string()) && !shown.contains("secret"), "{shown}");
}
