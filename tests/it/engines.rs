//! The engine of memory: chosen by the attribute, a file or a variable, and changed by a restart.

use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use cachery::{
    Caches, cached,
    config::{CacheSettings, Change, Engine, Eviction, Reload},
};

static LOADS: AtomicU64 = AtomicU64::new(0);

#[cached(name = "engines-lru", ttl = "1h", capacity = 10, engine = "moka", eviction = "lru")]
async fn on_moka(n: u64) -> u64 {
    LOADS.fetch_add(1, SeqCst);
    n
}

#[cached(name = "engines-default", ttl = "1h", capacity = 10)]
async fn on_any(n: u64) -> u64 {
    n
}

#[tokio::test]
async fn an_attribute_chooses_the_engine_and_its_rule() {
    let at_once = async {
        let policy = on_moka::cache().policy();
        assert_eq!((policy.engine, policy.eviction), (Engine::Moka, Eviction::Lru));
        assert_eq!(on_any::cache().policy().engine, Engine::S3Fifo);
        for n in 0..11 {
            on_moka(n).await;
        }
        // The first one was not asked for longest.
        assert_eq!((on_moka::peek(0).await, on_moka::peek(1).await), (None, Some(1)));
        let stats = on_moka::cache().stats();
        assert_eq!((stats.size, stats.evictions.size), (10, 1));
        assert_eq!(LOADS.load(SeqCst), 11);
    };
    Caches::isolated().scope(at_once).await;
}

#[tokio::test]
async fn a_variable_chooses_the_engine_of_all_caches_or_of_one() {
    let variables = [
        ("CACHE_DEFAULT_ENGINE", "moka"),
        ("CACHE_ENGINES_LRU_ENGINE", "s3-fifo"),
        ("CACHE_ENGINES_DEFAULT_EVICTION", "lru"),
    ];
    let caches = Caches::builder().isolated().variables(variables).build().await;
    let at_once = async {
        assert_eq!(on_moka::cache().policy().engine, Engine::S3Fifo);
        let policy = on_any::cache().policy();
        assert_eq!((policy.engine, policy.eviction), (Engine::Moka, Eviction::Lru));
        assert_eq!(on_any(7).await, 7);
        assert_eq!(on_any::peek(7).await, Some(7));
    };
    caches.expect("right settings").scope(at_once).await;
}

#[tokio::test]
async fn another_engine_waits_for_a_restart() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    let caches = Caches::builder().isolated().file(&path).build().await.expect("right settings");
    let at_once = async {
        on_any(7).await;
        std::fs::write(&path, "cache.engines-default.engine = 'moka'").expect("written");
        let Reload { changed, needs_restart, .. } =
            Caches::current().reload().await.expect("right settings");
        assert_eq!(changed, []);
        let [Change { field, before, after, .. }] = &needs_restart[..] else {
            panic!("one change: {needs_restart:?}")
        };
        assert_eq!((*field, &**before, &**after), ("engine", "s3-fifo", "moka"));
        assert_eq!(on_any::cache().policy().engine, Engine::S3Fifo);
        assert_eq!(on_any::peek(7).await, Some(7));
    };
    caches.scope(at_once).await;
}

#[test]
fn what_has_expired_is_reclaimed_by_housekeeping_and_counted_though_nobody_calls() {
    for engine in [Engine::S3Fifo, Engine::Moka] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let settings = CacheSettings::new().engine(engine).capacity(1_000);
        let fill = async {
            let caches = Caches::builder().isolated().cache("engines-default", settings);
            let caches = caches.build().await.expect("right settings");
            let calls = async {
                for n in 0..500 {
                    on_any(n).await;
                }
            };
            caches.scope(calls).await;
            caches.clock().advance(Duration::from_secs(7200));
            caches
        };
        let caches = runtime.expect("a runtime").block_on(fill);
        let stats = || caches.get("engines-default").expect("it is open").stats();
        let began = Instant::now();
        while stats().size > 0 {
            assert!(began.elapsed() < Duration::from_secs(20), "{engine:?}: {:?}", stats());
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!((stats().evictions.expired, stats().evictions.size), (500, 0), "{engine:?}");
    }
}

#[tokio::test]
async fn code_chooses_the_engine() {
    let settings = CacheSettings::new().engine(Engine::Moka);
    let caches = Caches::builder().isolated().all(settings).build().await.expect("right settings");
    caches.scope(async { assert_eq!(on_any::cache().policy().engine, Engine::Moka) }).await;
}
