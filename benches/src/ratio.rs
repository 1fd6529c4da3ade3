//! The share of calls that a stored value serves, when the cache is smaller than the set of keys.

use cachery::{Caches, config::CacheSettings};
use cachery_benches::report;

const CALLS: usize = 1_000_000;
const KEYS: u64 = 100_000;

#[cachery::cached(name = "bench-ratio", ttl = 3600)]
fn ours(n: u64) -> u64 {
    n
}

pub const CONTENDERS: [&str; 3] = ["ours", "moka (TinyLFU)", "quick_cache"];

/// Returns a table of hit ratios, in Markdown.
pub fn table() -> String {
    let [ours, moka, quick] = CONTENDERS;
    let head = ["hits of 100 calls", "capacity", ours, moka, quick, "ours less moka, aim -1.0"];
    let traces = traces();
    let rows = traces.iter().flat_map(|(name, trace)| {
        [KEYS / 100, KEYS / 10].map(|capacity| row(name, trace, capacity))
    });
    report::table(&head, rows)
}

fn row(name: &str, trace: &[u64], capacity: u64) -> Vec<String> {
    let ratios = ratios(trace, capacity);
    let [ours, moka, _] = ratios;
    let mut cells = vec![name.to_owned(), capacity.to_string()];
    cells.extend(ratios.map(|ratio| format!("{ratio:.1}")));
    cells.push(format!("{:+.1}", ours - moka));
    cells
}

/// Returns the hit ratios with Zipf 0.99 for capacities in percent of the keys.
pub fn by_capacity() -> Vec<(f64, [f64; 3])> {
    let trace = zipf(&mut fastrand::Rng::with_seed(1), 0.99);
    let capacities = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0];
    let of = |percent: f64| ratios(&trace, (KEYS as f64 * percent / 100.0).round() as u64);
    capacities.map(|percent| (percent, of(percent))).to_vec()
}

/// Returns the hits of 100 calls of all contenders.
fn ratios(trace: &[u64], capacity: u64) -> [f64; 3] {
    [ours_of, moka_of, quick_of].map(|run| 100.0 * run(trace, capacity))
}

/// The traces, each with its name.
fn traces() -> Vec<(&'static str, Vec<u64>)> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut skewed = |name, skew| (name, zipf(&mut random, skew));
    let skewed = [skewed("Zipf 0.8", 0.8), skewed("Zipf 0.99", 0.99), skewed("Zipf 1.1", 1.1)];
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

/// Draws the keys of all calls: the n-th by 1 / n^skew.
fn zipf(random: &mut fastrand::Rng, skew: f64) -> Vec<u64> {
    let sums = sums(skew);
    let total = sums[sums.len() - 1];
    let draw = |_| {
        let at = random.f64() * total;
        sums.partition_point(|sum| *sum < at) as u64
    };
    (0..CALLS).map(draw).collect()
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
