//! The registry of the process: it is installed once, every call outside a scope uses it, and it
//! is reported within a second. There is one process, so there is one test.

use std::time::{Duration, Instant};

use cachery::{Caches, cached, config::CacheSettings};
use cachery_test_support::Recorder;

#[cached(name = "global", ttl = "1h")]
async fn global(n: u64) -> u64 {
    n
}

#[tokio::test]
async fn install_once_and_be_seen() {
    let settings = CacheSettings::new().capacity(7);
    let caches = Caches::builder().cache("global", settings).build().await.expect("right settings");
    caches.install().expect("the first");
    global(1).await;
    global(1).await;
    assert_eq!(Caches::current().get("global").expect("known").stats().hits, 1);
    assert_eq!(global::cache().policy().capacity, 7);

    // A second registry is given back, and can still be used for a scope.
    let rejected = Caches::isolated().install().expect_err("there is one already").into_inner();
    rejected.scope(async { assert_eq!(global::peek(1).await, None) }).await;
    assert_eq!(global::peek(1).await, Some(1));

    // A recorder that is installed late gets the totals within half a second. The bound is far
    // beyond that.
    let recorder = Recorder::default();
    metrics::set_global_recorder(recorder.clone()).expect("the first recorder");
    let hits = r#"cache_gets_total{cache="global",result="hit",tier="memory"}"#;
    let began = Instant::now();
    while recorder.value(hits) != Some(1) {
        assert!(began.elapsed() < Duration::from_secs(20), "{:#?}", recorder.all());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
