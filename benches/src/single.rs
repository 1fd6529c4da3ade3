//! Single calls with a number as their key, of ours and of tables by hand, in caches of one size.

use std::{
    hint::black_box,
    sync::{Arc, LazyLock},
    time::Duration,
};

use cachery_benches::Spread;

/// Room for the keys that are asked for, and for some of the others.
pub const CAPACITY: usize = 10_000;
/// Turns of each contender.
const ROUNDS: usize = 5;

pub type Value = Arc<str>;

pub struct Contender {
    pub name: &'static str,
    /// Asks for a key, and stores it where it is not there.
    pub ask: fn(u64),
    /// Stores a value.
    pub store: fn(u64, Value),
}

pub const CONTENDERS: [Contender; 4] = [
    Contender {
        name: "`#[cachery::cached]`",
        ask: |n| drop(black_box(ours(n))),
        store: |n, value| ours::put(n, value),
    },
    Contender {
        name: "quick_cache by hand",
        ask: |n| match QUICK.get(&n) {
            Some(value) => drop(black_box(value)),
            None => QUICK.insert(n, value(n)),
        },
        store: |n, value| QUICK.insert(n, value),
    },
    Contender {
        name: "foyer by hand",
        ask: |n| match FOYER.get(&n) {
            Some(entry) => drop(black_box(Arc::clone(entry.value()))),
            None => drop(FOYER.insert(n, value(n))),
        },
        store: |n, value| drop(FOYER.insert(n, value)),
    },
    Contender {
        name: "moka by hand",
        ask: |n| match MOKA.get(&n) {
            Some(value) => drop(black_box(value)),
            None => MOKA.insert(n, value(n)),
        },
        store: |n, value| MOKA.insert(n, value),
    },
];

#[cachery::cached(name = "bench-single", ttl = 3600, capacity = 10_000)]
fn ours(n: u64) -> Value {
    value(n)
}

static QUICK: LazyLock<quick_cache::sync::Cache<u64, Value>> =
    LazyLock::new(|| quick_cache::sync::Cache::new(CAPACITY));

static FOYER: LazyLock<foyer_memory::Cache<u64, Value>> = LazyLock::new(|| {
    let builder = foyer_memory::CacheBuilder::new(CAPACITY);
    builder.with_eviction_config(foyer_memory::S3FifoConfig::default()).build()
});

static MOKA: LazyLock<moka::sync::Cache<u64, Value>> = LazyLock::new(|| {
    let hour = Duration::from_secs(3600);
    moka::sync::Cache::builder().max_capacity(CAPACITY as u64).time_to_live(hour).build()
});

pub fn value(n: u64) -> Value {
    n.to_string().into()
}

/// Nanoseconds within which half of the calls of a round are over, 99 % and 99.9 %.
pub type Percentiles = [f64; 3];

/// Sorts the times of single calls.
pub fn percentiles(mut nanos: Vec<u64>) -> Percentiles {
    nanos.sort_unstable();
    [500, 990, 999].map(|share| nanos[nanos.len() * share / 1000] as f64)
}

/// Measures all contenders in turn. Returns for each the percentiles of its rounds.
pub fn in_turn<const N: usize>(
    measure: impl Fn(&Contender) -> [Percentiles; N],
) -> Vec<[[Spread; 3]; N]> {
    let mut rounds: Vec<Vec<_>> = CONTENDERS.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (contender, rounds) in CONTENDERS.iter().zip(&mut rounds) {
            rounds.push(measure(contender));
        }
    }
    let spreads = |rounds: &Vec<[Percentiles; N]>| {
        std::array::from_fn(|case| {
            std::array::from_fn(|share| Spread::new(rounds.iter().map(|round| round[case][share])))
        })
    };
    rounds.iter().map(spreads).collect()
}
