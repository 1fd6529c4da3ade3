//! O2 and O3: a load has a span, a hit logs nothing, and arguments and values are never logged.
//!
//! A process of its own: whether a span is of interest is cached for the whole process, so threads
//! without a subscriber would decide it for these.

use cachery::{CacheKey, Caches, cached};
use cachery_test_support::Log;

#[cached(name = "tracing-traced", ttl = "1h")]
async fn traced(text: &str) -> Result<String, String> {
    tracing::info!("in the body");
    if text.is_empty() {
        Err("planted-error".to_owned())
    } else {
        Ok(format!("planted-value of {text}"))
    }
}

fn logged<F: Future<Output = ()>>(caches: &Caches, work: F) -> Log {
    let log = Log::default();
    let _guard = log.of_thread();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(caches.scope(work));
    log
}

#[test]
fn a_load_runs_in_its_span() {
    let log = logged(&Caches::isolated(), async {
        let _ = traced("a").await;
    });
    let body =
        log.text().lines().find(|line| line.contains("in the body")).expect("it ran").to_owned();
    for part in
        ["cache.load", r#"cache.name="tracing-traced""#, "cache.hit=false", r#"cache.tier="none""#]
    {
        assert!(body.contains(part), "{part}: {body}");
    }
}

#[test]
fn a_memory_hit_logs_nothing() {
    let caches = Caches::isolated();
    logged(&caches, async {
        let _ = traced("a").await;
    });
    let log = logged(&caches, async {
        for _ in 0..100 {
            let _ = traced("a").await;
        }
    });
    assert_eq!(log.text(), "");
}

#[test]
fn no_argument_no_value_and_no_error_is_logged() {
    let log = logged(&Caches::isolated(), async {
        for text in ["planted-argument", ""] {
            let _ = traced(text).await;
            let _ = traced(text).await;
            traced::peek(text).await;
            traced::put(text, "planted-value".to_owned()).await;
            traced::invalidate(text).await;
        }
        Caches::current().flush_metrics();
        tracing::info!("{:?} {:?}", Caches::current().report(), Caches::current());
        tracing::info!("{:?} {:?}", traced::cache(), traced::cache().clear().await);
    });
    assert_eq!(log.count("planted"), 0, "{}", log.text());
}

#[test]
fn the_debug_of_a_key_shows_no_bytes() {
    let mut encoder = cachery::key::KeyEncoder::new();
    "planted".encode(&mut encoder);
    let shown = format!("{encoder:?} {:?}", encoder.finish());
    assert!(!shown.contains("planted") && !shown.contains("112"), "{shown}");
}
