//! Foreign code runs at many places of a call: the `Clone` and the `Drop` of a value, and a type that only looks like another.
//! None of it may hang a caller, hit one that has nothing to do with it, or spoil the counts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
        mpsc::{RecvTimeoutError, channel},
    },
    time::Duration,
};

use cachery::{Caches, cached};

/// Runs `work` on a thread of its own; one that hangs fails the test.
fn in_time<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send + 'static) {
    let (done, finished) = channel();
    let worker = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(Caches::isolated().scope(work()));
        let _ = done.send(());
    });
    let ended = finished.recv_timeout(Duration::from_secs(60));
    assert_ne!(ended, Err(RecvTimeoutError::Timeout), "it hangs");
    worker.join().expect("no panic");
}

/// A value whose end is announced by invalidating its neighbours and asking for statistics.
#[derive(Clone)]
struct Meddler(#[expect(dead_code, reason = "held for its end")] Arc<Meddles>);

struct Meddles(u64);

impl Drop for Meddles {
    fn drop(&mut self) {
        let mut invalidate = std::pin::pin!(meddler::invalidate(self.0 + 1));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(invalidate.as_mut().poll(&mut context).is_ready(), "in memory nothing waits");
        meddler::cache().stats();
    }
}

#[cached(name = "foreign-meddler", ttl = "1h", capacity = 8, local)]
async fn meddler(n: u64) -> Meddler {
    Meddler(Arc::new(Meddles(n)))
}

#[test]
fn a_value_may_use_the_caches_when_it_ends() {
    in_time(|| async {
        for n in 0..2_000 {
            meddler(n).await;
            meddler(n / 2).await;
        }
        meddler::cache().clear().await;
        meddler::cache().stats();
    });
}

/// A value whose stored copy panics when it ends, and no other: what a caller got is the caller's to drop.
struct Grenade {
    stored: bool,
    planted: bool,
}

impl Clone for Grenade {
    fn clone(&self) -> Self {
        Self { stored: !self.stored, planted: self.planted }
    }
}

impl Drop for Grenade {
    fn drop(&mut self) {
        assert!(!(self.stored && self.planted), "planted");
    }
}

#[cached(name = "foreign-grenade", ttl = "1h", capacity = 8, local)]
async fn grenade(n: u64) -> Grenade {
    Grenade { stored: false, planted: n.is_multiple_of(3) }
}

#[test]
fn a_value_that_panics_when_it_ends_hits_no_caller() {
    in_time(|| async {
        for n in 0..1_000 {
            grenade(n).await;
        }
        grenade::cache().clear().await;
        grenade::cache().stats();
    });
}

/// Its clone calls into a scope, as a value that holds a client might.
struct Curious(u8);

impl Clone for Curious {
    fn clone(&self) -> Self {
        let mut peek = std::pin::pin!(Caches::current().scope(plain::peek(1)));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(peek.as_mut().poll(&mut context).is_ready());
        Self(self.0)
    }
}

#[cached(name = "foreign-curious", ttl = "1h", local)]
async fn curious() -> Curious {
    Curious(7)
}

#[cached(name = "foreign-plain", ttl = "1h")]
async fn plain(n: u64) -> u64 {
    n
}

#[test]
fn a_value_may_use_the_caches_when_it_is_cloned() {
    in_time(|| async {
        for _ in 0..8 {
            assert_eq!(curious().await.0, 7);
        }
    });
}

static RUNS: AtomicU32 = AtomicU32::new(0);

#[cached(name = "foreign-namesakes", ttl = "1h", local)]
async fn made<T: Default + Clone + Send + Sync + 'static>() -> Option<T> {
    RUNS.fetch_add(1, SeqCst);
    Some(T::default())
}

#[test]
fn a_value_of_another_type_is_as_good_as_absent() {
    in_time(|| async {
        // Two types of one name: nothing in the key tells them apart.
        {
            #[derive(Clone, Default)]
            struct Namesake;
            made::<Namesake>().await;
        }
        {
            #[derive(Clone, Default)]
            struct Namesake(#[expect(dead_code, reason = "it only has to be another type")] u8);
            for _ in 0..10 {
                made::<Namesake>().await;
            }
        }
        let stats = made::cache().stats();
        assert_eq!((stats.hits, stats.misses, stats.loads), (9, 2, 2));
        assert_eq!(RUNS.load(SeqCst), 2);
    });
}
