//! The share of calls that a stored value serves, when the cache is smaller than the set of keys.

use std::fmt::Write as _;

use cachery::{Caches, config::CacheSettings};

const CALLS: usize = 1_000_000;
const KEYS: u64 = 100_000;

#[cachery::cached(name = "bench-ratio", ttl = 3600)]
fn ours(n: u64) -> u64 {
    n
}

/// Returns a table of hit ratios, in Markdown.
pub fn table() -> String {
    let head = "| hits of 100 calls | capacity | ours | moka (TinyLFU) | quick_cache | ours less moka |\n";
    let mut table = format!("{head}|---|---|---|---|---|---|\n");
    for (name, trace) in traces() {
        for capacity in [KEYS / 100, KEYS / 10] {
            let ratios = [ours_of, moka_of, quick_of].map(|run| 100.0 * run(&trace, capacity));
            let [ours, moka, quick] = ratios;
            let difference = ours - moka;
            writeln!(
                table,
                "| {name} | {capacity} | {ours:.1} | {moka:.1} | {quick:.1} | {difference:+.1} |"
            )
            .expect("a string takes all");
        }
    }
    table
}

/// The traces, each with its name.
fn traces() -> Vec<(&'static str, Vec<u64>)> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut zipf = |skew: f64| {
        let sums = sums(skew);
        let total = sums[sums.len() - 1];
        let draw = move |random: &mut fastrand::Rng| {
            let at = random.f64() * total;
            sums.partition_point(|sum| *sum < at) as u64
        };
        (0..CALLS).map(|_| draw(&mut random)).collect::<Vec<_>>()
    };
    let skewed = [("Zipf 0.8", zipf(0.8)), ("Zipf 0.99", zipf(0.99)), ("Zipf 1.1", zipf(1.1))];
    let base = skewed[1].1.clone();
    // A row of keys that come once, after every 10,000 calls.
    let scans = base.chunks(10_000).zip(0..).flat_map(|(calls, n): (&[u64], u64)| {
        calls.iter().copied().chain((0..2_000).map(move |key| (n + 1) * 1_000_000 + key))
    });
    // Every fifth key comes once.
    let once = base.iter().zip(0..).map(|(key, n)| if n % 5 == 0 { 10_000_000 + n } else { *key });
    // Other keys are popular after every 100,000 calls.
    let shifts = base.iter().zip(0..).map(|(key, n)| (key + n / 100_000 * 7_919) % KEYS);
    let others = [
        ("Zipf 0.99 and scans", scans.collect()),
        ("Zipf 0.99, a fifth comes once", once.collect()),
        ("Zipf 0.99 that shifts", shifts.collect()),
        ("a loop over all keys", (0..CALLS as u64).map(|n| n % KEYS).collect()),
    ];
    skewed.into_iter().chain(others).collect()
}

fn sums(skew: f64) -> Vec<f64> {
    let weights = (1..=KEYS).map(|rank| (rank as f64).powf(-skew));
    weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}

fn ours_of(trace: &[u64], capacity: u64) -> f64 {
    let settings = CacheSettings::new().capacity(capacity);
    let builder = Caches::builder().isolated().cache("bench-ratio", settings);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let caches = runtime.expect("a runtime").block_on(builder.build()).expect("right settings");
    caches.sync_scope(|| trace.iter().for_each(|n| _ = ours(*n)));
    caches.get("bench-ratio").expect("it is open").stats().hit_ratio()
}

fn moka_of(trace: &[u64], capacity: u64) -> f64 {
    let cache = moka::sync::Cache::new(capacity);
    ratio(trace, |n| {
        let found = cache.get(&n).is_some();
        if !found {
            cache.insert(n, n);
        }
        found
    })
}

fn quick_of(trace: &[u64], capacity: u64) -> f64 {
    let cache = quick_cache::sync::Cache::new(capacity as usize);
    ratio(trace, |n| {
        let found = cache.get(&n).is_some();
        if !found {
            cache.insert(n, n);
        }
        found
    })
}

fn ratio(trace: &[u64], ask: impl Fn(u64) -> bool) -> f64 {
    trace.iter().filter(|n| ask(**n)).count() as f64 / trace.len() as f64
}
