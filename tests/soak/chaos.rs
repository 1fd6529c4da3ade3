//! Callers that are dropped, fail, panic, or are woken and not polled, at random, ten thousand
//! times: afterwards none waits, and there is no flight.

use std::{
    collections::VecDeque,
    future::{Future, pending},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Waker},
    time::Duration,
};

use cachery::{Caches, cached, stats::Stats};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

const KEYS: u64 = 50;
/// The number of drops, panics and errors in a run.
const FAULTS: u64 = 10_000;
/// The largest number of callers at one time.
const CALLERS: usize = 400;
/// The largest number of callers who are not polled.
const UNPOLLED: usize = 20;
const TTL: Duration = Duration::from_secs(3600);

/// Reproducible random numbers (`SplitMix64`).
struct Random(AtomicU64);

impl Random {
    fn below(&self, end: u64) -> u64 {
        let mut bits = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Relaxed);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end
    }
}

/// The faults of a run, which bodies share.
struct Faults {
    random: Random,
    count: AtomicU64,
    over: AtomicBool,
}

impl Faults {
    fn add(&self) {
        self.count.fetch_add(1, Relaxed);
    }
}

/// A caller, as its body sees it.
#[derive(Clone)]
struct Caller {
    faults: Arc<Faults>,
    /// True once its body waits for ever.
    stuck: Arc<AtomicBool>,
}

impl Caller {
    /// The body of both functions: it returns `Ok` or `Err`, panics, or waits until it is dropped,
    /// at once or after a while.
    async fn body(&self, id: u64) -> Result<u64, ()> {
        if self.faults.over.load(Relaxed) {
            return Ok(id);
        }
        match self.faults.random.below(3) {
            0 => (),
            1 => tokio::task::yield_now().await,
            _ => sleep(Duration::from_millis(1 + self.faults.random.below(20))).await,
        }
        match self.faults.random.below(8) {
            0..=2 => Ok(id),
            3 | 4 => {
                self.faults.add();
                Err(())
            }
            5 | 6 => {
                self.faults.add();
                // Without the panic hook, which would print.
                std::panic::resume_unwind(Box::new("a body panics"))
            }
            _ => {
                self.stuck.store(true, Relaxed);
                pending().await
            }
        }
    }
}

#[derive(Clone, Debug)]
struct SharedError;

#[derive(Debug)]
struct OwnError;

/// Nano-units of a load, and of one that fails.
const COST: u64 = 101;
const FAILED_COST: u64 = 7;

#[cached(
    name = "chaos-shared-error",
    ttl = 3600,
    cost = 101e-9,
    failed_cost = |_| 7e-9,
    skip(caller)
)]
async fn shared(id: u64, caller: Caller) -> Result<u64, SharedError> {
    caller.body(id).await.map_err(|()| SharedError)
}

#[cached(
    name = "chaos-own-error",
    ttl = 3600,
    cost = 101e-9,
    failed_cost = |_| 7e-9,
    skip(caller)
)]
async fn own(id: u64, caller: Caller) -> Result<u64, OwnError> {
    caller.body(id).await.map_err(|()| OwnError)
}

struct Task {
    id: u64,
    /// The value, or `None` for an error.
    handle: JoinHandle<Option<u64>>,
    stuck: Arc<AtomicBool>,
}

struct Callers {
    faults: Arc<Faults>,
    tasks: Vec<Task>,
    /// Calls that nobody polls any more, though they are woken. The leaders among them are passed.
    unpolled: VecDeque<Pin<Box<dyn Future<Output = Option<u64>>>>>,
}

impl Callers {
    fn below(&self, end: u64) -> u64 {
        self.faults.random.below(end)
    }

    fn caller(&self) -> Caller {
        Caller { faults: Arc::clone(&self.faults), stuck: Arc::default() }
    }

    fn join(&mut self, id: u64) {
        let caller = self.caller();
        let stuck = Arc::clone(&caller.stuck);
        let caches = Caches::current();
        let handle = match self.below(20) {
            0 => tokio::spawn(caches.scope(async move { shared::refresh(id, caller).await.ok() })),
            1 => tokio::spawn(caches.scope(async move { own::refresh(id, caller).await.ok() })),
            2..=10 => tokio::spawn(caches.scope(async move { shared(id, caller).await.ok() })),
            _ => tokio::spawn(caches.scope(async move { own(id, caller).await.ok() })),
        };
        self.tasks.push(Task { id, handle, stuck });
    }

    /// Begins a call and leaves it alone. The oldest of such calls is dropped.
    fn leave_one(&mut self, id: u64) {
        let caller = self.caller();
        let mut call: Pin<Box<dyn Future<Output = Option<u64>>>> = match self.below(2) {
            0 => Box::pin(async move { shared(id, caller).await.ok() }),
            _ => Box::pin(async move { own(id, caller).await.ok() }),
        };
        let mut context = Context::from_waker(Waker::noop());
        // Its body may panic.
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(&mut context)));
        if polled.is_ok_and(|polled| polled.is_pending()) {
            self.unpolled.push_back(call);
        }
        if self.unpolled.len() > UNPOLLED {
            self.unpolled.pop_front();
            self.faults.add();
        }
    }

    fn drop_one(&mut self) {
        if let Some(last) = (self.tasks.len() as u64).checked_sub(1) {
            let at = usize::try_from(self.below(last + 1)).expect("an index");
            let task = self.tasks.swap_remove(at);
            if !task.handle.is_finished() {
                self.faults.add();
            }
            task.handle.abort();
        }
    }

    async fn step(&mut self) {
        let id = self.below(KEYS);
        match self.below(100) {
            0..=39 => (0..=self.below(30)).for_each(|_| self.join(id)),
            40..=64 => (0..=self.below(10)).for_each(|_| self.drop_one()),
            65..=69 => self.leave_one(id),
            70..=78 => {
                shared::invalidate(id).await;
                own::invalidate(id).await;
            }
            79..=81 => {
                shared::put(id, id).await;
                own::put(id, id).await;
            }
            82 => {
                shared::cache().clear().await;
                own::cache().clear().await;
            }
            // Sometimes long enough for the followers' `flight_wait` to end.
            83 => sleep(Duration::from_secs(2)).await,
            84..=89 => sleep(Duration::from_millis(self.below(10))).await,
            _ => tokio::task::yield_now().await,
        }
        for cache in [shared::cache(), own::cache()] {
            check_bill(&cache.stats());
        }
        while self.tasks.len() > CALLERS {
            self.drop_one();
        }
    }

    /// Drops the callers that are stuck in their own body. All others must end by themselves, and
    /// at once.
    async fn finish(self) {
        self.faults.over.store(true, Relaxed);
        drop(self.unpolled);
        // Bodies that began before choose their end within this time.
        sleep(Duration::from_millis(30)).await;
        let began = Instant::now();
        let is_stuck = |task: &Task| task.stuck.load(Relaxed) && !task.handle.is_finished();
        let (stuck, others): (Vec<_>, Vec<_>) = self.tasks.into_iter().partition(is_stuck);
        for task in &stuck {
            task.handle.abort();
        }
        for task in others {
            let value = tokio::time::timeout(Duration::from_secs(60), task.handle).await;
            match value.expect("a caller is left waiting") {
                Ok(value) => {
                    assert!(value.is_none_or(|value| value == task.id), "a value of another key");
                }
                Err(error) => assert!(error.is_panic()),
            }
        }
        assert_eq!(
            began.elapsed(),
            Duration::ZERO,
            "a follower stopped waiting: a flight was stuck"
        );
    }
}

/// Checks the bill to one nano-unit: it is that of the loads and hits that are counted beside it.
/// Nothing ends between the two in this runtime of one thread.
fn check_bill(stats: &Stats) {
    let money = &stats.money;
    let failed = stats.load_errors;
    assert_eq!(money.spent, (stats.loads - failed) * COST + failed * FAILED_COST);
    let refreshes = &stats.freshness;
    assert_eq!(money.refresh, refreshes.refreshed * COST + refreshes.refresh_errors * FAILED_COST);
    assert_eq!(money.saved_by_hits, stats.hits * COST);
    assert_eq!(money.saved_by_coalescing % COST, 0);
    assert!(money.saved_by_coalescing <= stats.coalesced * COST);
    let loads = money.spent - money.refresh;
    let without_a_cache = loads + money.saved_by_hits + money.saved_by_coalescing;
    assert_eq!(money.would_have_spent(), i128::from(without_a_cache));
}

/// Calls each key when all entries have ended: if a flight were left, its caller would wait.
async fn assert_no_flight_is_left(caller: Caller) {
    Caches::current().clock().advance(2 * TTL);
    let (before, began) = ([shared::cache().stats(), own::cache().stats()], Instant::now());
    for id in 0..KEYS {
        assert_eq!(shared(id, caller.clone()).await.unwrap(), id);
        assert_eq!(own(id, caller.clone()).await.unwrap(), id);
    }
    for (before, after) in before.iter().zip([shared::cache().stats(), own::cache().stats()]) {
        assert_eq!((after.loads - before.loads, after.coalesced - before.coalesced), (KEYS, 0));
    }
    assert_eq!(began.elapsed(), Duration::ZERO, "a flight was left");
}

async fn run(seed: u64) {
    println!("seed {seed}");
    let faults = Faults { random: Random(seed.into()), count: 0.into(), over: false.into() };
    let mut callers =
        Callers { faults: Arc::new(faults), tasks: Vec::new(), unpolled: VecDeque::new() };
    let caller = callers.caller();
    while callers.faults.count.load(Relaxed) < FAULTS {
        callers.step().await;
    }
    let [shared, own] = [shared::cache().stats(), own::cache().stats()];
    for stats in [shared, own] {
        println!("{stats:?}");
        assert!(
            stats.coalesced > 100 && stats.load_errors > 100 && stats.hits > 100,
            "there were too few faults"
        );
    }
    callers.finish().await;
    assert_no_flight_is_left(caller).await;
}

#[tokio::test(start_paused = true)]
async fn no_flight_and_no_caller_is_left_after_many_faults() {
    // `make soak` sets more.
    let seeds = std::env::var("CACHERY_SOAK_SEEDS")
        .map_or(3, |seeds| seeds.parse().expect("a number of seeds"));
    for seed in 1..=seeds {
        Caches::isolated().scope(run(seed)).await;
    }
    println!("{seeds} runs of {FAULTS} faults, seeds 1 to {seeds}: no caller was left");
}
