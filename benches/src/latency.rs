//! The time of single hits, with and without a thread that stores other keys meanwhile.

use std::{
    fmt::Write as _,
    hint::black_box,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Instant,
};

/// Room for the keys that are asked for, and for some of the others.
const CAPACITY: usize = 10_000;
const KEYS: u64 = 1_000;
const HITS: usize = 300_000;

/// Asks for a key, and stores it where it is not there.
type Ask = fn(u64);

#[cachery::cached(name = "bench-latency", ttl = 3600, capacity = 10_000)]
fn ours(n: u64) -> Arc<str> {
    value(n)
}

static MOKA: LazyLock<moka::sync::Cache<u64, Arc<str>>> = LazyLock::new(|| {
    let hour = std::time::Duration::from_secs(3600);
    moka::sync::Cache::builder().max_capacity(CAPACITY as u64).time_to_live(hour).build()
});

static QUICK: LazyLock<quick_cache::sync::Cache<u64, Arc<str>>> =
    LazyLock::new(|| quick_cache::sync::Cache::new(CAPACITY));

fn value(n: u64) -> Arc<str> {
    n.to_string().into()
}

const CONTENDERS: [(&str, Ask); 3] = [
    ("`#[cachery::cached]`", |n| drop(black_box(ours(n)))),
    ("moka by hand", |n| match MOKA.get(&n) {
        Some(value) => drop(black_box(value)),
        None => MOKA.insert(n, value(n)),
    }),
    ("quick_cache by hand", |n| match QUICK.get(&n) {
        Some(value) => drop(black_box(value)),
        None => QUICK.insert(n, value(n)),
    }),
];

/// Returns the percentiles of single hits, in Markdown.
pub fn table() -> String {
    let head = "| ns of a single hit | p50 | p99 | p99.9 | p50, one stores | p99 | p99.9 |\n";
    let mut table = format!("{head}|---|---|---|---|---|---|---|\n");
    for (name, ask) in CONTENDERS {
        (0..3).for_each(|_| (0..KEYS).for_each(ask));
        let alone = percentiles(ask);
        let done = AtomicBool::new(false);
        let beside = thread::scope(|scope| {
            scope.spawn(|| (KEYS..).take_while(|_| !done.load(Relaxed)).for_each(ask));
            let beside = percentiles(ask);
            done.store(true, Relaxed);
            beside
        });
        let cells: String =
            alone.iter().chain(&beside).map(|nanos| format!(" {nanos} |")).collect();
        writeln!(table, "| {name} |{cells}").expect("a string takes all");
    }
    table
}

/// Returns the nanoseconds within which half of the hits are over, 99 % and 99.9 %.
fn percentiles(ask: Ask) -> [u64; 3] {
    let mut nanos: Vec<u64> = (0..HITS as u64)
        .map(|n| {
            let began = Instant::now();
            ask(n * 7 % KEYS);
            began.elapsed().as_nanos() as u64
        })
        .collect();
    nanos.sort_unstable();
    [500, 990, 999].map(|share| nanos[HITS * share / 1000])
}
