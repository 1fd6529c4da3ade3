//! Threads that share memory: the changes of each are seen by all at once.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use cachery::{Caches, cached, config::CacheSettings};

static VALUE: AtomicU64 = AtomicU64::new(0);

#[cached(name = "threads", ttl = "1h")]
async fn value(key: u64) -> u64 {
    key + VALUE.fetch_add(1, SeqCst)
}

#[cached(name = "threads-small", ttl = "1h", capacity = 16, local)]
async fn tracked(key: u64) -> Arc<u64> {
    Arc::new(key)
}

/// Runs `future` on a runtime of this thread's own.
fn block_on<F: Future>(caches: &Caches, future: F) -> F::Output {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(caches.scope(future))
}

/// Calls often enough that the entry counts as popular.
async fn settle(key: u64) -> u64 {
    let first = value(key).await;
    for _ in 0..8 {
        assert_eq!(value(key).await, first);
    }
    first
}

/// Returns the value that one thread keeps, and the one that it sees after another thread's
/// `change`.
fn seen_after<C: Future<Output = ()>>(change: impl FnOnce() -> C + Send) -> (u64, Option<u64>) {
    let caches = Caches::isolated();
    let (settled, changed) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|threads| {
        threads.spawn(|| {
            settled.wait();
            block_on(&caches, change());
            changed.wait();
        });
        let before = block_on(&caches, settle(1));
        settled.wait();
        changed.wait();
        (before, block_on(&caches, value::peek(1)))
    })
}

#[test]
fn an_invalidation_on_another_thread_is_seen_at_once() {
    let (_, after) = seen_after(|| async {
        value::invalidate(1).await;
    });
    assert_eq!(after, None);
}

#[test]
fn a_put_on_another_thread_is_seen_at_once() {
    let (_, after) = seen_after(|| value::put(1, 4711));
    assert_eq!(after, Some(4711));
}

#[test]
fn a_clear_on_another_thread_is_seen_at_once() {
    let (_, after) = seen_after(|| async {
        value::cache().clear().await;
    });
    assert_eq!(after, None);
}

#[test]
fn a_refresh_on_another_thread_is_seen_at_once() {
    let (before, after) = seen_after(|| async {
        value::refresh(1).await;
    });
    assert!(after.expect("refreshed") > before);
}

#[test]
fn expiry_is_seen_at_once() {
    let caches = Caches::isolated();
    block_on(&caches, async {
        settle(1).await;
        caches.clock().advance(Duration::from_secs(3600));
        assert_eq!(value::peek(1).await, None);
    });
}

#[test]
fn registries_do_not_share_entries() {
    let (one, other) = (Caches::isolated(), Caches::isolated());
    block_on(&one, settle(1));
    assert_eq!(block_on(&other, value::peek(1)), None);
}

#[test]
fn nothing_keeps_a_removed_value_alive() {
    let caches = Caches::isolated();
    let value = block_on(&caches, async {
        let value = tracked(1).await;
        // Often enough that the entry counts as popular.
        for _ in 0..200 {
            tracked(1).await;
        }
        tracked::invalidate(1).await;
        value
    });
    drop(caches);
    // Memory may free what it removed a little later.
    let began = Instant::now();
    while Arc::strong_count(&value) > 1 {
        assert!(began.elapsed() < Duration::from_secs(20), "it is still held");
        block_on(&Caches::isolated(), async {
            tracked(2).await;
            tracked::cache().stats()
        });
    }
}

#[tokio::test]
async fn every_hit_is_counted() {
    let settings = CacheSettings::new().jitter(0.0);
    let caches = Caches::builder().all(settings).isolated().build().await.expect("right settings");
    caches
        .scope(async {
            for _ in 0..1000 {
                value(1).await;
            }
            let stats = value::cache().stats();
            assert_eq!((stats.hits, stats.misses, stats.loads), (999, 1, 1));
        })
        .await;
}
