//! Memory under pressure: values that use their cache when they die, threads that change everything
//! at once, and new sets of keys, on both engines.

use std::{
    mem, panic,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use cachery::{
    Caches, cached, caches,
    config::{CacheSettings, Engine},
    invalidate,
    stats::Stats,
};

/// More than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

const ENGINES: [Engine; 2] = [Engine::S3Fifo, Engine::Moka];

caches! {
    static GROUP: Tag<u64> = { name: "bounds-group" };
}

/// Runs `future` on a runtime of this thread's own.
fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(future)
}

fn caches_on(engine: Engine) -> Caches {
    let settings = CacheSettings::new().engine(engine);
    block_on(Caches::builder().isolated().all(settings).build()).expect("right settings")
}

/// The first key whose value does nothing when it dies.
const PLAIN: u64 = 1_000;

/// The ends of values.
struct Ends {
    /// The registry in which a value calls its function.
    calls_in: Mutex<Option<Caches>>,
    panics: bool,
    made: AtomicU64,
    ended: AtomicU64,
}

impl Ends {
    fn new(caches: Caches, panics: bool) -> Self {
        let calls_in = Mutex::new(Some(caches));
        Self { calls_in, panics, made: AtomicU64::new(0), ended: AtomicU64::new(0) }
    }

    fn alive(&self) -> u64 {
        self.made.load(SeqCst) - self.ended.load(SeqCst)
    }

    fn call_in(&self, caches: Option<Caches>) {
        let before = mem::replace(&mut *self.lock(), caches);
        drop(before);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Caches>> {
        self.calls_in.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value whose `Drop` calls the function that made it, and may panic.
struct Reentrant {
    n: u64,
    ends: Arc<Ends>,
}

impl Drop for Reentrant {
    fn drop(&mut self) {
        if self.n < PLAIN {
            let caches = self.ends.lock().clone();
            if let Some(caches) = caches {
                caches.sync_scope(|| self.use_cache());
            }
            self.ends.ended.fetch_add(1, SeqCst);
        }
        if self.ends.panics {
            // Without a line in the output of the tests.
            panic::resume_unwind(Box::new("by a value"));
        }
    }
}

impl Reentrant {
    fn new(n: u64, ends: &Arc<Ends>) -> Arc<Self> {
        ends.made.fetch_add(u64::from(n < PLAIN), SeqCst);
        Arc::new(Self { n, ends: Arc::clone(ends) })
    }

    fn use_cache(&self) {
        release(reentrant(PLAIN + self.n, &self.ends));
        release(reentrant::peek(self.n));
        reentrant::invalidate(self.n);
        reentrant::invalidate(PLAIN + self.n);
        end_group(self.n % 2 + 2);
        reentrant::cache().stats();
    }
}

/// Drops what a call returned. It may be the last reference, and then a panic belongs to the test.
fn release<T>(value: T) {
    drop(panic::catch_unwind(panic::AssertUnwindSafe(|| drop(value))));
}

#[cached(name = "bounds-reentrant", ttl = "1h", capacity = 20, local, skip(ends), tags(GROUP(n % 2)))]
fn reentrant(n: u64, ends: &Arc<Ends>) -> Arc<Reentrant> {
    Reentrant::new(n, ends)
}

#[invalidate(GROUP(number))]
fn end_group(number: u64) {
    _ = number;
}

fn fill(ends: &Arc<Ends>) {
    (0..20).for_each(|n| release(reentrant(n, ends)));
}

/// Puts a value. One that is replaced may remove it at once, and then a panic belongs to the test.
fn put(n: u64, ends: &Arc<Ends>) {
    let put = || reentrant::put(n, Reentrant::new(n, ends));
    drop(panic::catch_unwind(panic::AssertUnwindSafe(put)));
}

/// `None`: with its registry.
type Way = Option<fn(&Caches, &Arc<Ends>)>;

/// The ways in which a value leaves memory. Before each, memory is full.
const WAYS: [(&str, Way); 11] = [
    ("evicted", Some(|_, ends| (20..100).for_each(|n| release(reentrant(n, ends))))),
    (
        "replaced by a put",
        Some(|_, ends| {
            (0..20).for_each(|n| put(n, ends));
        }),
    ),
    (
        "replaced by a refresh",
        Some(|_, ends| (0..20).for_each(|n| release(reentrant::refresh(n, ends)))),
    ),
    (
        "replaced when it had expired",
        Some(|caches, ends| {
            caches.clock().advance(Duration::from_secs(7_200));
            fill(ends);
        }),
    ),
    ("invalidated", Some(|_, _| (0..20).for_each(|n| _ = reentrant::invalidate(n)))),
    (
        "made to expire",
        Some(|_, ends| {
            (0..20).for_each(|n| _ = reentrant::expire(n));
            fill(ends);
        }),
    ),
    (
        "over, for housekeeping",
        Some(|caches, _| caches.clock().advance(Duration::from_secs(7_200))),
    ),
    ("cleared", Some(|_, _| _ = block_on(reentrant::cache().clear()))),
    ("invalidated by a tag", Some(|_, _| (0..2).for_each(end_group))),
    (
        "beyond a lower capacity",
        Some(|caches, _| {
            drop(block_on(caches.reload()).expect("right settings"));
        }),
    ),
    ("with its registry", None),
];

/// Lets 20 values leave memory by `way`. Returns a word on what is wrong.
fn leave(engine: Engine, way: Way, panics: bool) -> Result<(), String> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    let settings = CacheSettings::new().engine(engine);
    let builder = Caches::builder().isolated().all(settings).file(&path);
    let caches = block_on(builder.build()).expect("right settings");
    let ends = Arc::new(Ends::new(caches.clone(), panics));
    caches.sync_scope(|| fill(&ends));
    std::fs::write(&path, "cache.bounds-reentrant.capacity = 1").expect("written");
    if let Some(way) = way {
        caches.sync_scope(|| way(&caches, &ends));
        let began = Instant::now();
        while ends.ended.load(SeqCst) < 19 {
            if began.elapsed() > PATIENCE / 2 {
                return Err(format!("{} of 20 have ended", ends.ended.load(SeqCst)));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
    // What leaves for the value may drive it out, too.
    let is_hit = || {
        let values = [reentrant(2 * PLAIN, &ends), reentrant(2 * PLAIN, &ends)];
        let is_hit = Arc::ptr_eq(&values[0], &values[1]);
        values.into_iter().for_each(release);
        is_hit
    };
    let is_usable = caches.sync_scope(|| (0..100).any(|_| is_hit()));
    // What is left goes with the registry. Values that die there use another one.
    let other = caches_on(engine);
    ends.call_in(Some(other));
    drop(caches);
    let began = Instant::now();
    // Housekeeping may hold the last reference for a moment.
    while ends.alive() > 0 && began.elapsed() < PATIENCE / 2 {
        thread::sleep(Duration::from_millis(5));
    }
    ends.call_in(None);
    match ends.alive() {
        0 if is_usable => Ok(()),
        0 => Err("the cache does not work any more".to_owned()),
        alive => Err(format!("{alive} are alive without their registry")),
    }
}

#[test]
fn a_value_may_use_its_cache_or_panic_in_whatever_way_it_leaves() {
    for engine in ENGINES {
        let running: Vec<_> = [false, true]
            .into_iter()
            .flat_map(|panics| WAYS.map(|(name, way)| (name, way, panics)))
            .map(|(name, way, panics)| {
                let (sender, receiver) = mpsc::channel();
                thread::spawn(move || sender.send(leave(engine, way, panics)));
                (name, panics, receiver)
            })
            .collect();
        for (name, panics, receiver) in running {
            let ended = receiver.recv_timeout(PATIENCE);
            let what = format!("{name} in {engine:?}, with a panic: {panics}");
            assert_eq!(ended, Ok(Ok(())), "{what}: a value died under a lock, or lives");
        }
    }
}

/// Keys that are invalidated in every way.
const KEYS: u64 = 8;

/// The versions of the keys of the hammer, which are twice [`KEYS`].
#[derive(Default)]
struct Versions {
    /// The version that a load returns.
    latest: [AtomicU64; 16],
    /// The lowest version that a call may return.
    lowest: [AtomicU64; 16],
    done: AtomicBool,
    calls: AtomicU64,
}

impl Versions {
    fn latest(&self, key: u64) -> &AtomicU64 {
        &self.latest[usize::try_from(key).expect("it is small")]
    }

    fn lowest(&self, key: u64) -> &AtomicU64 {
        &self.lowest[usize::try_from(key).expect("it is small")]
    }

    fn until_done(&self, mut act: impl FnMut(u64)) {
        let mut round = 0;
        while !self.done.load(SeqCst) {
            act(round);
            round += 1;
        }
    }

    /// Ends the values of every second key in one way after the other.
    fn end_values(&self, first: u64) {
        self.until_done(|round| {
            for key in (first..KEYS).step_by(2) {
                let version = self.latest(key).fetch_add(1, SeqCst) + 1;
                match (round + key) % 5 {
                    0 => _ = hammered::invalidate(key),
                    1 => hammered::put(key, version),
                    2 => end_group(10 + key % 2),
                    3 => _ = block_on(hammered::cache().clear()),
                    _ => _ = hammered::refresh(key, self),
                }
                self.lowest(key).store(version, SeqCst);
            }
        });
    }

    /// Stores newer values of the keys whose values stay.
    fn store(&self) {
        self.until_done(|round| {
            for key in KEYS..2 * KEYS {
                let version = self.latest(key).fetch_add(1, SeqCst) + 1;
                if (round + key) % 2 == 0 {
                    kept::put(key, version);
                } else {
                    kept::refresh(key, self);
                }
                self.lowest(key).store(version, SeqCst);
            }
        });
    }

    /// Checks what calls return.
    fn call(&self, engine: Engine) {
        self.until_done(|_| {
            for key in 0..KEYS {
                let lowest = self.lowest(key).load(SeqCst);
                let version = hammered(key, self);
                assert!(version >= lowest, "{version} < {lowest} in {engine:?}");
                assert!(version <= self.latest(key).load(SeqCst), "{engine:?}");
            }
            for key in KEYS..2 * KEYS {
                let lowest = self.lowest(key).load(SeqCst);
                let version = kept::peek(key);
                assert!(version >= Some(lowest), "{version:?} < {lowest} in {engine:?}");
                assert!(kept(key, self) >= lowest, "{engine:?}");
                self.calls.fetch_add(1, SeqCst);
            }
        });
    }
}

#[cached(name = "bounds-hammered", ttl = "1h", skip(versions), tags(GROUP(10 + key % 2)))]
fn hammered(key: u64, versions: &Versions) -> u64 {
    versions.latest(key).load(SeqCst)
}

#[cached(name = "bounds-kept", ttl = "1h", skip(versions))]
fn kept(key: u64, versions: &Versions) -> u64 {
    versions.latest(key).load(SeqCst)
}

#[test]
fn no_value_is_stale_and_none_is_missed_while_threads_end_and_store_values_in_every_way() {
    for engine in ENGINES {
        let caches = caches_on(engine);
        let versions = Versions::default();
        caches.sync_scope(|| (KEYS..2 * KEYS).for_each(|key| _ = kept(key, &versions)));
        let began = Instant::now();
        let run = |act: &dyn Fn()| caches.sync_scope(act);
        thread::scope(|scope| {
            scope.spawn(|| run(&|| versions.end_values(0)));
            scope.spawn(|| run(&|| versions.end_values(1)));
            scope.spawn(|| run(&|| versions.store()));
            let callers = [(); 2].map(|()| scope.spawn(|| run(&|| versions.call(engine))));
            while began.elapsed() < Duration::from_millis(700)
                && !callers.iter().any(thread::ScopedJoinHandle::is_finished)
            {
                thread::sleep(Duration::from_millis(5));
            }
            versions.done.store(true, SeqCst);
        });
        let calls = versions.calls.load(SeqCst);
        assert!(calls > 100, "only {calls} calls of {engine:?}");
        // Each call of a key whose values stay was a hit, but for the first, and each is counted.
        let Stats { hits, misses, .. } = caches.get("bounds-kept").expect("it is open").stats();
        assert_eq!((hits, misses), (calls, KEYS), "{engine:?}");
    }
}

#[cached(name = "bounds-counted", ttl = "1h", capacity = 50)]
fn counted(n: u64) -> u64 {
    n
}

#[test]
fn the_counts_are_exact_to_the_last_call_of_many_threads() {
    const THREADS: u64 = 4;
    const CALLS: u64 = 5_000;
    for engine in ENGINES {
        let caches = caches_on(engine);
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let caches = &caches;
                scope.spawn(move || {
                    let call =
                        |n| assert_eq!(counted(n * (thread + 1) % 97), n * (thread + 1) % 97);
                    caches.sync_scope(|| (0..CALLS).for_each(call));
                });
            }
        });
        let stats = caches.get("bounds-counted").expect("it is open").stats();
        let Stats { hits, misses, loads, coalesced, puts, size, evictions, .. } = stats;
        assert_eq!(hits + misses, THREADS * CALLS, "{engine:?}");
        assert_eq!((loads + coalesced, puts), (misses, loads), "{engine:?}");
        assert_eq!((size, evictions.size), (50, loads - 50), "{engine:?}");
    }
}

#[cached(name = "bounds-fair", ttl = "1h", capacity = 100)]
fn fair(n: u64) -> u64 {
    n
}

/// Returns the loads of each of ten rounds over a new set of `keys`, after another set as large as
/// the capacity was asked for again and again.
fn loads_of_a_new_set(caches: &Caches, capacity: u64, keys: u64) -> Vec<u64> {
    let loads = || caches.get("bounds-fair").expect("it is open").stats().loads;
    caches.sync_scope(|| {
        let first = loads() << 32;
        (0..10).for_each(|_| (first..first + capacity).for_each(|n| _ = fair(n)));
        let new = first + (1 << 31);
        let round = |_| {
            let before = loads();
            (new..new + keys).for_each(|n| _ = fair(n));
            loads() - before
        };
        (0..10).map(round).collect()
    })
}

#[test]
fn a_full_cache_of_hot_keys_lets_a_new_set_in_also_after_a_reload_of_its_capacity() {
    for ttl in ["1h", "forever"] {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path().display().to_string();
        let write = |capacity: u64| {
            let text = format!("[cache.bounds-fair]\nttl = '{ttl}'\ncapacity = {capacity}");
            std::fs::write(&path, text).expect("written");
        };
        write(100);
        let builder = Caches::builder().isolated().file(&path);
        let caches = block_on(builder.build()).expect("right settings");
        caches.sync_scope(|| assert_eq!(fair(0), 0));
        for capacity in [100, 300, 100] {
            write(capacity);
            block_on(caches.reload()).expect("right settings");
            for keys in [capacity * 4 / 5, capacity] {
                let loads = loads_of_a_new_set(&caches, capacity, keys);
                let what = format!("{keys} of {capacity}, {ttl}: {loads:?}");
                if keys < capacity {
                    assert!(loads[2..].iter().all(|of| of * 10 < keys), "{what}");
                } else {
                    assert!(loads[9] * 2 <= capacity, "{what}");
                }
                let size = caches.get("bounds-fair").expect("it is open").stats().size;
                assert_eq!(size, capacity, "{what}");
            }
        }
    }
}
