//! The bound of bytes: of one cache and of all together, on both engines.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use cachery::{
    Caches, cached, caches,
    config::{CacheSettings, Engine},
    stats::Stats,
};

/// The bytes of an entry beyond those of its key and of its value, as the documentation says.
const OVERHEAD: u64 = 240;

#[cached(name = "bytes-text", ttl = "1h", max_bytes = "64KiB")]
async fn text(n: u64, length: usize) -> Arc<str> {
    _ = n;
    "x".repeat(length).into()
}

/// The size of an entry of `text`, with a key of two numbers.
fn of_text(length: usize) -> u64 {
    OVERHEAD + 2 * 8 + 2 * 8 + 2 * 8 + length as u64
}

#[derive(Clone)]
struct Order {
    lines: Vec<Line>,
}

#[derive(Clone)]
struct Line(#[expect(dead_code, reason = "it only takes room")] Box<[u8]>);

#[cached(name = "bytes-order", ttl = "1h", local, max_bytes = 10_000, weigh = |order| order.lines.len() * 100)]
async fn order(lines: usize) -> Order {
    let line = || Line([0; 100].into());
    Order { lines: std::iter::repeat_with(line).take(lines).collect() }
}

fn bytes_of(order: &Order) -> usize {
    order.lines.len() * 100
}

struct Shop;

impl Shop {
    #[cached(name = "bytes-method", ttl = "1h", skip(self), local, max_bytes = 10_000, weigh = bytes_of)]
    async fn order(&self, lines: usize) -> Result<Order, std::fmt::Error> {
        Ok(order(lines).await)
    }

    #[cached(name = "bytes-of-a-method", ttl = "1h", skip(self))]
    async fn name(&self, n: u64) -> Result<Option<Vec<String>>, std::fmt::Error> {
        Ok(Some(vec![n.to_string()]))
    }
}

caches! {
    static PAGES: Cache<u64, String> = { name: "bytes-pages", ttl: "1h", max_bytes: "10kB" };
    static ORDERS: Cache<u64, Order> =
        { name: "bytes-orders", ttl: "1h", local, weigh: |order| order.lines.len() * 100 };
}

#[cached(name = "bytes-unknown", ttl = "1h", local)]
async fn unknown(n: usize) -> Order {
    order(n).await
}

async fn isolated(
    settings: impl Fn(cachery::config::CachesBuilder) -> cachery::config::CachesBuilder,
) -> Caches {
    settings(Caches::builder().isolated()).build().await.expect("right settings")
}

fn stats(name: &str) -> Stats {
    Caches::current().get(name).expect("it is open").stats()
}

#[tokio::test]
async fn a_cache_never_holds_more_bytes_than_its_bound() {
    for engine in [Engine::S3Fifo, Engine::Moka] {
        let caches = isolated(|builder| builder.all(CacheSettings::new().engine(engine))).await;
        let at_once = async {
            assert_eq!(text::cache().policy().max_bytes, Some(64 << 10));
            text(0, 100).await;
            assert_eq!(stats("bytes-text").bytes, of_text(100), "{engine:?}");
            for n in 0..1000 {
                text(n, 1000).await;
                assert!(stats("bytes-text").bytes <= 64 << 10, "{engine:?}");
            }
            let Stats { bytes, size, evictions, .. } = stats("bytes-text");
            let entries = (64 << 10) / of_text(1000);
            assert!(bytes >= (entries - 1) * of_text(1000), "{bytes} in {engine:?}");
            assert_eq!((evictions.bytes, evictions.size), (1001 - size, 0), "{engine:?}");
        };
        caches.scope(at_once).await;
    }
}

#[tokio::test]
async fn a_value_larger_than_the_bound_is_not_kept_and_takes_the_old_one_with_it() {
    for engine in [Engine::S3Fifo, Engine::Moka] {
        let caches = isolated(|builder| builder.all(CacheSettings::new().engine(engine))).await;
        let at_once = async {
            PAGES.put(&1, "small".to_owned()).await;
            PAGES.put(&1, "x".repeat(10_000)).await;
            assert_eq!(PAGES.get(&1).await, None, "{engine:?}");
            let Stats { size, bytes, evictions, .. } = stats("bytes-pages");
            assert_eq!((size, bytes, evictions.too_large), (0, 0, 1), "{engine:?}");
            assert_eq!(order(200).await.lines.len(), 200);
            assert_eq!(stats("bytes-order").evictions.too_large, 1, "{engine:?}");
            let notes = Caches::current().health().await.notes.concat();
            let told = "`bytes-pages`: 1 values were not kept in memory";
            assert!(notes.contains(told) && notes.contains("`bytes-order`"), "{notes}");
        };
        caches.scope(at_once).await;
    }
}

#[tokio::test]
async fn another_value_of_a_key_changes_the_bytes() {
    for engine in [Engine::S3Fifo, Engine::Moka] {
        let caches = isolated(|builder| builder.all(CacheSettings::new().engine(engine))).await;
        let at_once = async {
            for length in [10, 5000, 0, 300] {
                PAGES.put(&1, String::from_iter(vec!['x'; length])).await;
                let value = PAGES.get(&1).await.expect("it is kept");
                let expected = OVERHEAD + 8 + 24 + value.capacity() as u64;
                assert!(stats("bytes-pages").bytes.abs_diff(expected) < 300, "{engine:?}");
            }
            PAGES.invalidate(&1).await;
            assert_eq!((stats("bytes-pages").bytes, stats("bytes-pages").size), (0, 0));
            PAGES.put(&1, "again".to_owned()).await;
            PAGES.clear().await;
            assert_eq!((stats("bytes-pages").size, stats("bytes-pages").bytes), (0, 0));
        };
        caches.scope(at_once).await;
    }
}

#[tokio::test]
async fn all_caches_together_keep_their_bound_and_the_largest_gives_way() {
    for engine in [Engine::S3Fifo, Engine::Moka] {
        let settings = CacheSettings::new().engine(engine);
        let caches =
            isolated(|builder| builder.all(settings).variables([("CACHE_MAX_BYTES", "20kB")]))
                .await;
        let at_once = async {
            let total = || stats("bytes-text").bytes + stats("bytes-method").bytes;
            Shop.order(10).await.expect("an order");
            for n in 0..100 {
                text(n, 1000).await;
                assert!(total() <= 20_000, "{} in {engine:?}", total());
            }
            assert!(stats("bytes-text").bytes > 10_000, "{engine:?}");
            assert_eq!(stats("bytes-method").size, 1, "the largest gives way in {engine:?}");
            for lines in 0..60 {
                Shop.order(lines).await.expect("an order");
                assert!(total() <= 20_000, "{} in {engine:?}", total());
            }
            // Whole orders leave, in moka in the order of its table, so one large order may be left.
            let least = if engine == Engine::S3Fifo { 5_000 } else { 1 };
            assert!(stats("bytes-method").bytes > least, "{:?} {engine:?}", stats("bytes-method"));
            text(0, 30_000).await;
            assert_eq!(stats("bytes-text").evictions.too_large, 1, "{engine:?}");
        };
        caches.scope(at_once).await;
    }
}

#[tokio::test]
async fn a_cache_that_opens_late_gets_room_and_one_of_unknown_size_is_told_and_not_counted() {
    for engine in [Engine::S3Fifo, Engine::Moka] {
        let settings = CacheSettings::new().engine(engine);
        let caches =
            isolated(|builder| builder.all(settings).variables([("CACHE_MAX_BYTES", "20kB")]))
                .await;
        let at_once = async {
            let open = ["bytes-text", "bytes-method", "bytes-pages"];
            let total = || open.map(|name| stats(name).bytes).iter().sum::<u64>();
            for n in 0..50 {
                text(n, 1000).await;
                Shop.order(usize::try_from(n).expect("it is small")).await.expect("an order");
                unknown(usize::try_from(n).expect("it is small")).await;
            }
            let Stats { size, bytes, .. } = stats("bytes-unknown");
            assert_eq!((size, bytes), (50, 0), "{engine:?}");
            for n in 0..5 {
                PAGES.put(&n, "x".repeat(1_000)).await;
                assert!(PAGES.get(&n).await.is_some(), "{engine:?}");
                assert!(total() <= 20_000, "{} in {engine:?}", total());
            }
            // What was cleared takes no room, even if the engine drops it later.
            text::cache().clear().await;
            PAGES.put(&1, "x".repeat(9_000)).await;
            assert!(PAGES.get(&1).await.is_some() && total() <= 20_000, "{engine:?}");
            let notes = Caches::current().health().await.notes.concat();
            assert!(notes.contains("CACHE_MAX_BYTES: the bytes of `"), "{notes}");
            assert!(notes.contains("not counted"), "{notes}");
        };
        caches.scope(at_once).await;
    }
}

#[test]
fn all_caches_together_keep_their_bound_while_many_threads_store() {
    for engine in [Engine::S3Fifo, Engine::Moka] {
        let settings = CacheSettings::new().engine(engine);
        let builder = Caches::builder().isolated().all(settings).max_bytes(100_000);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let caches = runtime.expect("a runtime").block_on(builder.build()).expect("right settings");
        let done = AtomicBool::new(false);
        let (name, pages) = ("bytes-text", "bytes-orders");
        thread::scope(|scope| {
            let writers: Vec<_> = (0..4_u64)
                .map(|thread| {
                    let caches = &caches;
                    scope.spawn(move || {
                        let store = async {
                            for n in 0..2_000_u64 {
                                let length = usize::try_from(n * 37 % 900).expect("it is small");
                                text::put(4 * n + thread, length, "x".repeat(length).into()).await;
                                let order = Order { lines: vec![Line([].into()); length / 100] };
                                ORDERS.put(&(n % 400), order).await;
                            }
                        };
                        let runtime = tokio::runtime::Builder::new_current_thread().build();
                        runtime.expect("a runtime").block_on(caches.scope(store));
                    })
                })
                .collect();
            scope.spawn(|| {
                while !done.load(SeqCst) {
                    let of = |name| caches.get(name).map_or(0, |cache| cache.stats().bytes);
                    let bytes = of(name);
                    assert!(bytes <= 64 << 10, "{bytes} in {engine:?}");
                    assert!(of(pages) <= 100_000, "{engine:?}");
                }
            });
            for writer in writers {
                writer.join().expect("it stored");
            }
            done.store(true, SeqCst);
        });
        let total = [name, pages].map(|name| caches.get(name).expect("open").stats().bytes);
        let total: u64 = total.into_iter().sum();
        assert!((50_000..=100_000).contains(&total), "{total} in {engine:?}");
    }
}

#[tokio::test]
async fn a_setting_for_all_passes_over_values_of_unknown_size_and_one_for_such_a_cache_is_a_fault()
{
    let caches = isolated(|builder| {
        builder.variables([
            ("CACHE_DEFAULT_MAX_BYTES", "1MiB"),
            ("CACHE_BYTES_ORDERS_MAX_BYTES", "2MiB"),
        ])
    })
    .await;
    let policy = |name| caches.get(name).expect("it is there").policy().max_bytes;
    assert_eq!(policy("bytes-unknown"), None);
    assert_eq!(policy("bytes-of-a-method"), Some(1 << 20));
    assert_eq!(policy("bytes-orders"), Some(2 << 20));
    assert_eq!(policy("bytes-text"), Some(64 << 10), "the attribute wins");
    let config = caches.config().caches;
    let unknown = config.iter().find(|cache| cache.name == "bytes-unknown").expect("it is there");
    let shown = unknown.settings.iter().find(|setting| setting.field == "max_bytes");
    let shown = shown.expect("it is shown").to_string();
    assert!(shown.contains("none") && shown.contains("no known size"), "{shown}");
    assert!(shown.contains("CACHE_DEFAULT_MAX_BYTES says 1MiB"), "{shown}");

    let variables = [("CACHE_BYTES_UNKNOWN_MAX_BYTES", "1MiB")];
    let refused = Caches::builder().isolated().variables(variables).check();
    let refused = refused.expect_err("nothing can weigh them").to_string();
    let told = ["CACHE_BYTES_UNKNOWN_MAX_BYTES: the values of `it::bytes::unknown`", "bytes.rs:"];
    assert!(told.iter().all(|told| refused.contains(told)), "{refused}");
}

#[tokio::test]
async fn a_reload_brings_other_bounds_of_bytes() {
    for engine in ["s3-fifo", "moka"] {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path().display().to_string();
        let write = |text: String| std::fs::write(&path, text).expect("written");
        write(format!("default.engine = '{engine}'"));
        let caches = isolated(|builder| builder.file(&path)).await;
        let at_once = async {
            for n in 0..20 {
                text(n, 1000).await;
                ORDERS.put(&n, Order { lines: vec![Line([].into()); 10] }).await;
            }
            let bound = "cache.bytes-text.max_bytes = '10kB'";
            write(format!("default.engine = '{engine}'\n{bound}"));
            Caches::current().reload().await.expect("right settings");
            let Stats { bytes, size, evictions, .. } = stats("bytes-text");
            assert!((5_000..=10_000).contains(&bytes), "{bytes} in {engine}");
            assert_eq!(evictions.bytes, 20 - size, "{engine}");
            write(format!("max_bytes = 12_000\ndefault.engine = '{engine}'\n{bound}"));
            Caches::current().reload().await.expect("right settings");
            let bytes = stats("bytes-text").bytes + stats("bytes-orders").bytes;
            assert!((6_000..=12_000).contains(&bytes), "{bytes} in {engine}");
        };
        caches.scope(at_once).await;
    }
}

#[cached(name = "bytes-panic", ttl = "1h", max_bytes = 1_000, weigh = |n| if *n == 7 { panic!("7") } else { 8 })]
async fn panicking(n: u64) -> u64 {
    n
}

#[tokio::test]
async fn a_panic_of_what_weighs_costs_the_place_in_memory_and_nothing_else() {
    let at_once = async {
        assert_eq!((panicking(7).await, panicking(8).await), (7, 8));
        assert_eq!((panicking::peek(7).await, panicking::peek(8).await), (None, Some(8)));
        assert_eq!(stats("bytes-panic").evictions.too_large, 1);
    };
    Caches::isolated().scope(at_once).await;
}

/// Calls a cache while it is weighed, which is allowed: a `weigh` runs under no lock.
#[cached(name = "bytes-reentrant", ttl = "1h", weigh = |n| {
    reentrant_sync(*n);
    8
})]
async fn reentrant(n: u64) -> u64 {
    n
}

#[cached(name = "bytes-reentrant-sync", ttl = "1h")]
fn reentrant_sync(n: u64) -> u64 {
    n
}

#[tokio::test]
async fn what_weighs_may_use_caches() {
    let began = Instant::now();
    Caches::isolated().scope(reentrant(7)).await;
    assert!(began.elapsed() < Duration::from_secs(60));
}
