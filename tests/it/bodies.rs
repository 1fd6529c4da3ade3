//! Cached functions of any shape: large arguments, loops of hits, calls from a value's `Clone` and
//! from the end of a thread.

use std::{
    cell::RefCell,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    task::Poll,
    thread,
    time::{Duration, Instant},
};

#[cfg(feature = "redis")]
use cachery::{Backend, config::CacheSettings};
use cachery::{Caches, cached, caches};
#[cfg(feature = "redis")]
use cachery_test_support::{Server, eventually};
use serde::{Deserialize, Serialize};
use tokio::{runtime::Builder, time::timeout};

/// The bytes by which the future of a cached function may be larger than that of its function.
const MORE: usize = 32;

async fn plain<const N: usize>(text: [u8; N]) -> usize {
    tokio::task::yield_now().await;
    text.len()
}

#[cached(name = "bodies-sized", ttl = "1h")]
async fn sized<const N: usize>(text: [u8; N]) -> usize {
    tokio::task::yield_now().await;
    text.len()
}

caches! {
    static NUMBERS: Cache<u64, u64> = { name: "bodies-number", ttl: "1h" };
}

#[cached(cache = NUMBERS)]
async fn number(n: u64) -> u64 {
    n
}

#[cached(name = "bodies-number-now", ttl = "1h")]
fn number_now(n: u64) -> u64 {
    n
}

fn assert_small<const N: usize>() {
    let (ours, of_plain) = (size_of_val(&sized([0; N])), size_of_val(&plain([0; N])));
    println!("an argument of {N} bytes: {ours}, plain {of_plain}");
    assert!(ours <= of_plain + MORE, "{N}: {ours} and {of_plain}");
}

#[test]
fn a_future_is_hardly_larger_than_that_of_the_function() {
    assert_small::<0>();
    assert_small::<16>();
    assert_small::<1024>();
    assert_small::<16_384>();
}

#[tokio::test]
async fn a_timeout_around_a_loop_of_hits_fires() {
    let hits = async {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            number(1).await;
        }
    };
    let over = timeout(Duration::from_millis(20), Caches::isolated().scope(hits)).await;
    assert!(over.is_err(), "the loop never let the timer run");
}

#[tokio::test]
async fn a_timeout_around_a_loop_of_misses_fires() {
    let misses = async {
        let began = Instant::now();
        let mut n = 0;
        while began.elapsed() < Duration::from_secs(20) {
            number(n).await;
            n += 1;
        }
    };
    let over = timeout(Duration::from_millis(20), Caches::isolated().scope(misses)).await;
    assert!(over.is_err(), "the loop never let the timer run");
}

#[tokio::test]
async fn hits_that_let_others_run_are_counted_once() {
    Caches::isolated()
        .scope(async {
            number(1).await;
            for _ in 0..10_000 {
                number(1).await;
            }
            let stats = number::cache().stats();
            assert_eq!((stats.hits, stats.misses, stats.loads), (10_000, 1, 1));
        })
        .await;
}

#[cached(name = "bodies-slow", ttl = "1h", skip(slow))]
async fn slow(n: u64, slow: Arc<tokio::sync::Notify>) -> u64 {
    slow.notified().await;
    n
}

#[test]
fn waiting_needs_no_timers_of_the_runtime() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let both = Caches::isolated().scope(async {
        let go_on = Arc::new(tokio::sync::Notify::new());
        let follower = async {
            let wait = slow(1, Arc::clone(&go_on));
            go_on.notify_one();
            wait.await
        };
        tokio::join!(slow(1, Arc::clone(&go_on)), follower)
    });
    assert_eq!(runtime.block_on(both), (1, 1));
}

#[test]
fn a_wait_ends_in_time_without_timers_of_the_runtime() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let run = Caches::isolated().scope(async {
        let go_on = Arc::new(tokio::sync::Notify::new());
        // Is woken and never polled again.
        let mut leader = Box::pin(slow(2, Arc::clone(&go_on)));
        assert!(
            std::future::poll_fn(|cx| Poll::Ready(leader.as_mut().poll(cx))).await.is_pending()
        );
        go_on.notify_one();
        let own = Arc::new(tokio::sync::Notify::new());
        own.notify_one();
        slow(2, own).await
    });
    let began = Instant::now();
    assert_eq!(runtime.block_on(run), 2);
    let waited = began.elapsed();
    assert!(waited > Duration::from_secs(4) && waited < Duration::from_secs(60), "{waited:?}");
}

/// Calls when its thread ends.
struct Late {
    caches: Caches,
    told: Arc<OnceLock<[u64; 4]>>,
}

impl Drop for Late {
    fn drop(&mut self) {
        let told = self.caches.sync_scope(|| {
            now(NUMBERS.invalidate(&2));
            let task = now(number(3));
            [number_now(1), number_now(1), task, now(number(3))]
        });
        now(self.caches.health());
        let _ = self.told.set(told);
    }
}

/// Polls a future that is ready at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
    }
}

thread_local! {
    static LATE: RefCell<Vec<Late>> = const { RefCell::new(Vec::new()) };
}

/// Returns what calls in the destructor of a thread-local returned. A call `before` that local is
/// made, or after, decides which locals of ours are gone by then.
fn called_late(caches: &Caches, before: bool) -> Option<[u64; 4]> {
    let told = Arc::default();
    let late = Late { caches: caches.clone(), told: Arc::clone(&told) };
    let run = move || {
        let use_all = |late: &Late| {
            late.caches.sync_scope(|| {
                number_now(1);
                now(number(1));
            });
        };
        if before {
            use_all(&late);
        }
        LATE.with(|lates| {
            if !before {
                use_all(&late);
            }
            lates.borrow_mut().push(late);
        });
    };
    thread::spawn(run).join().expect("it does not panic");
    told.get().copied()
}

#[test]
fn a_call_in_the_destructor_of_a_thread_local_works() {
    assert_eq!(called_late(&Caches::isolated(), false), Some([1, 1, 3, 3]));
    assert_eq!(called_late(&Caches::isolated(), true), Some([1, 1, 3, 3]));
}

/// There is no wait for a server in such a thread, and what it invalidates is not forgotten.
#[cfg(feature = "redis")]
#[tokio::test]
async fn a_call_in_the_destructor_of_a_thread_local_goes_past_redis() {
    let server = Server::start().await;
    for backend in [Backend::Redis, Backend::Tiered] {
        for before in [false, true] {
            let prefix = format!("{backend}-{before}");
            let settings = CacheSettings::new().backend(backend);
            let builder = Caches::builder().isolated().redis_url(server.url()).prefix(prefix);
            let caches = builder.all(settings).build().await.expect("the server is there");
            assert_eq!(caches.scope(number(2)).await, 2);
            let late = caches.clone();
            let told = thread::spawn(move || called_late(&late, before)).join();
            assert_eq!(told.expect("it does not panic"), Some([1, 1, 3, 3]), "{backend} {before}");
            let gone = async || (!caches.scope(NUMBERS.contains(&2)).await).then_some(());
            eventually("what it invalidated is gone", Duration::from_secs(20), gone).await;
        }
    }
}

static CLONES: AtomicU64 = AtomicU64::new(0);
static SEEN: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// A value whose first clones call the function that returned it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Nests(u64);

impl Clone for Nests {
    fn clone(&self) -> Self {
        if CLONES.fetch_add(1, SeqCst) < 1 {
            let inner = nests(self.0);
            SEEN.lock().expect("nobody panics").push(inner.0);
        }
        Self(self.0)
    }
}

caches! {
    static NESTS: Cache<u64, Nests> = { name: "bodies-nests", ttl: "1h" };
}

#[cached(cache = NESTS)]
fn nests(n: u64) -> Nests {
    Nests(n)
}

#[cached(cache = NESTS)]
async fn nests_async(n: u64) -> Nests {
    Nests(n)
}

#[test]
fn a_call_of_the_same_key_from_the_values_clone_does_not_wait() {
    let began = Instant::now();
    assert_eq!(Caches::isolated().sync_scope(|| nests(1)), Nests(1));
    CLONES.store(0, SeqCst);
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let value = runtime.block_on(Caches::isolated().scope(nests_async(2)));
    assert_eq!(value, Nests(2));
    assert_eq!(*SEEN.lock().unwrap(), [1, 2]);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}
