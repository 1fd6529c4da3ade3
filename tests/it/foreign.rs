//! Code of the user runs at many places of a call: the `Clone` and the `Drop` of a value, and types
//! that share a name. None of it may block a caller, panic in a caller that it does not concern, or
//! falsify the counters.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
        mpsc::{RecvTimeoutError, channel},
    },
    time::Duration,
};

use cachery::{Caches, cached};

/// Runs `work` on a thread of its own. Work that does not end fails the test.
fn in_time<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send + 'static) {
    let (done, finished) = channel();
    let worker = std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(Caches::isolated().scope(work()));
        let _ = done.send(());
    });
    let ended = finished.recv_timeout(Duration::from_secs(60));
    assert_ne!(ended, Err(RecvTimeoutError::Timeout), "it does not end");
    worker.join().expect("no panic");
}

/// A value whose drop invalidates another key and asks for statistics.
#[derive(Clone)]
struct UsesCaches(#[expect(dead_code, reason = "held for its drop")] Arc<OnDrop>);

struct OnDrop(u64);

impl Drop for OnDrop {
    fn drop(&mut self) {
        let mut invalidate = std::pin::pin!(uses_caches::invalidate(self.0 + 1));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(invalidate.as_mut().poll(&mut context).is_ready(), "in memory nothing waits");
        uses_caches::cache().stats();
    }
}

#[cached(name = "foreign-uses-caches", ttl = "1h", capacity = 8, local)]
async fn uses_caches(n: u64) -> UsesCaches {
    UsesCaches(Arc::new(OnDrop(n)))
}

#[test]
fn a_value_may_use_the_caches_in_its_drop() {
    in_time(|| async {
        for n in 0..2_000 {
            uses_caches(n).await;
            uses_caches(n / 2).await;
        }
        uses_caches::cache().clear().await;
        uses_caches::cache().stats();
    });
}

/// A value whose stored copy panics in its drop. The copy that a caller got does not.
struct PanicsOnDrop {
    stored: bool,
    planted: bool,
}

impl Clone for PanicsOnDrop {
    fn clone(&self) -> Self {
        Self { stored: !self.stored, planted: self.planted }
    }
}

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        assert!(!(self.stored && self.planted), "planted");
    }
}

#[cached(name = "foreign-panics-on-drop", ttl = "1h", capacity = 8, local)]
async fn panics_on_drop(n: u64) -> PanicsOnDrop {
    PanicsOnDrop { stored: false, planted: n.is_multiple_of(3) }
}

#[test]
fn a_value_that_panics_in_its_drop_hurts_no_caller() {
    in_time(|| async {
        for n in 0..1_000 {
            panics_on_drop(n).await;
        }
        panics_on_drop::cache().clear().await;
        panics_on_drop::cache().stats();
    });
}

/// A value whose clone calls a cached function, as one that holds a client might.
struct CallsOnClone(u8);

impl Clone for CallsOnClone {
    fn clone(&self) -> Self {
        let mut peek = std::pin::pin!(Caches::current().scope(plain::peek(1)));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(peek.as_mut().poll(&mut context).is_ready());
        Self(self.0)
    }
}

#[cached(name = "foreign-calls-on-clone", ttl = "1h", local)]
async fn calls_on_clone() -> CallsOnClone {
    CallsOnClone(7)
}

#[cached(name = "foreign-plain", ttl = "1h")]
async fn plain(n: u64) -> u64 {
    n
}

#[test]
fn a_value_may_use_the_caches_in_its_clone() {
    in_time(|| async {
        for _ in 0..8 {
            assert_eq!(calls_on_clone().await.0, 7);
        }
    });
}

static RUNS: AtomicU32 = AtomicU32::new(0);

#[cached(name = "foreign-same-name", ttl = "1h", local)]
async fn made<T: Default + Clone + Send + Sync + 'static>() -> Option<T> {
    RUNS.fetch_add(1, SeqCst);
    Some(T::default())
}

#[test]
fn a_value_of_another_type_counts_as_absent() {
    in_time(|| async {
        // Two types of one name: their keys are the same.
        {
            #[derive(Clone, Default)]
            struct SameName;
            made::<SameName>().await;
        }
        {
            #[derive(Clone, Default)]
            struct SameName(#[expect(dead_code, reason = "it only has to be another type")] u8);
            for _ in 0..10 {
                made::<SameName>().await;
            }
        }
        let stats = made::cache().stats();
        assert_eq!((stats.hits, stats.misses, stats.loads), (9, 2, 2));
        assert_eq!(RUNS.load(SeqCst), 2);
    });
}
