//! Ten thousand callers who leave, fail and panic at random: none is left waiting, no flight is left behind.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use cachery::{Caches, cached};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

const KEYS: u64 = 50;
/// Drops, panics and errors that a storm is made of.
const MISHAPS: u64 = 10_000;
/// Callers at one time, at most.
const CROWD: usize = 400;
const TTL: Duration = Duration::from_secs(3600);

/// Small reproducible random numbers (`SplitMix64`).
struct Random(AtomicU64);

impl Random {
    fn below(&self, end: u64) -> u64 {
        let mut bits = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Relaxed);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end
    }
}

/// What bodies draw their fate from.
struct Storm {
    random: Random,
    mishaps: AtomicU64,
    over: AtomicBool,
}

impl Storm {
    fn mishap(&self) {
        self.mishaps.fetch_add(1, Relaxed);
    }
}

/// One caller, as its body sees it.
#[derive(Clone)]
struct Caller {
    storm: Arc<Storm>,
    /// Its body has come to where it waits for ever.
    stuck: Arc<AtomicBool>,
}

impl Caller {
    /// The body of both functions: `Ok`, `Err`, a panic, or nothing until it is dropped; at once or after a while.
    async fn body(&self, id: u64) -> Result<u64, ()> {
        if self.storm.over.load(Relaxed) {
            return Ok(id);
        }
        match self.storm.random.below(3) {
            0 => (),
            1 => tokio::task::yield_now().await,
            _ => sleep(Duration::from_millis(1 + self.storm.random.below(20))).await,
        }
        match self.storm.random.below(8) {
            0..=2 => Ok(id),
            3 | 4 => {
                self.storm.mishap();
                Err(())
            }
            5 | 6 => {
                self.storm.mishap();
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

#[cached(name = "chaos-shared-error", ttl = 3600, skip(caller))]
async fn shared(id: u64, caller: Caller) -> Result<u64, SharedError> {
    caller.body(id).await.map_err(|()| SharedError)
}

#[cached(name = "chaos-own-error", ttl = 3600, skip(caller))]
async fn own(id: u64, caller: Caller) -> Result<u64, OwnError> {
    caller.body(id).await.map_err(|()| OwnError)
}

struct Task {
    id: u64,
    /// The value, or `None` for an error.
    handle: JoinHandle<Option<u64>>,
    stuck: Arc<AtomicBool>,
}

struct Crowd {
    storm: Arc<Storm>,
    tasks: Vec<Task>,
}

impl Crowd {
    fn below(&self, end: u64) -> u64 {
        self.storm.random.below(end)
    }

    fn caller(&self) -> Caller {
        Caller { storm: Arc::clone(&self.storm), stuck: Arc::default() }
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

    fn drop_one(&mut self) {
        if let Some(last) = (self.tasks.len() as u64).checked_sub(1) {
            let at = usize::try_from(self.below(last + 1)).expect("an index");
            let task = self.tasks.swap_remove(at);
            if !task.handle.is_finished() {
                self.storm.mishap();
            }
            task.handle.abort();
        }
    }

    async fn step(&mut self) {
        let id = self.below(KEYS);
        match self.below(100) {
            0..=39 => (0..=self.below(30)).for_each(|_| self.join(id)),
            40..=69 => (0..=self.below(10)).for_each(|_| self.drop_one()),
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
            // From time to time long enough for followers to lose patience.
            83 => sleep(Duration::from_secs(2)).await,
            84..=89 => sleep(Duration::from_millis(self.below(10))).await,
            _ => tokio::task::yield_now().await,
        }
        while self.tasks.len() > CROWD {
            self.drop_one();
        }
    }

    /// Whoever is stuck in its own body goes; all others must come to their end by themselves, and soon.
    async fn go_home(self) {
        self.storm.over.store(true, Relaxed);
        // Bodies that began in the storm draw their fate within this time.
        sleep(Duration::from_millis(30)).await;
        let began = Instant::now();
        let stuck = |task: &Task| task.stuck.load(Relaxed) && !task.handle.is_finished();
        let (gone, left): (Vec<_>, Vec<_>) = self.tasks.into_iter().partition(stuck);
        for task in &gone {
            task.handle.abort();
        }
        for task in left {
            let value = tokio::time::timeout(Duration::from_secs(60), task.handle).await;
            match value.expect("a caller is left waiting") {
                Ok(value) => assert!(value.is_none_or(|value| value == task.id), "a value of another key"),
                Err(error) => assert!(error.is_panic()),
            }
        }
        assert_eq!(began.elapsed(), Duration::ZERO, "somebody lost patience: a flight was stuck");
    }
}

/// A call of each key, when all that is stored is too old: with a flight left somewhere, its caller would wait.
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

async fn weather(seed: u64) {
    println!("seed {seed}");
    let storm = Storm { random: Random(seed.into()), mishaps: 0.into(), over: false.into() };
    let mut crowd = Crowd { storm: Arc::new(storm), tasks: Vec::new() };
    let calm = crowd.caller();
    while crowd.storm.mishaps.load(Relaxed) < MISHAPS {
        crowd.step().await;
    }
    let [shared, own] = [shared::cache().stats(), own::cache().stats()];
    for stats in [shared, own] {
        println!("{stats:?}");
        assert!(
            stats.coalesced > 100 && stats.load_errors > 100 && stats.hits > 100,
            "the storm was too calm"
        );
    }
    crowd.go_home().await;
    assert_no_flight_is_left(calm).await;
}

#[tokio::test(start_paused = true)]
async fn no_flight_and_no_caller_is_left_after_a_storm() {
    // `make soak` asks for more.
    let seeds =
        std::env::var("CACHERY_SOAK_SEEDS").map_or(3, |seeds| seeds.parse().expect("a number of seeds"));
    for seed in 1..=seeds {
        Caches::isolated().scope(weather(seed)).await;
    }
    println!("{seeds} storms of {MISHAPS} mishaps, seeds 1 to {seeds}: nobody was left");
}
