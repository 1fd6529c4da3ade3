//! A burst, a large value on a slow link, and many invalidations, at the default deadline of a call.
//! What they cost is measured, and held to its bound where `CACHERY_SLOW` is set: on a machine that
//! does nothing else.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use cachery::{
    Backend, Caches, Invalidation, cached, caches, config::CacheSettings, health::Breaker,
};
use cachery_test_support::{Direction, Proxy, Server};
use tokio::task::JoinSet;

/// The number of keys that are asked for at once.
const BURST: u64 = 5_000;
/// The callers of small values beside a large one, and the calls of each.
const CALLERS: u64 = 50;
const CALLS: usize = 200;
const LARGE: usize = 4 << 20;
/// The bytes a second of each connection.
const RATE: u32 = 10 << 20;
/// A tenth of the budget of a call.
const LIMIT: Duration = Duration::from_millis(10);
/// More than a busy machine needs.
const AMPLE: Duration = Duration::from_secs(10);

caches! {
    static MANY: Cache<u64, u64> = { name: "slow-many", ttl: "1h" };
}

#[cached(name = "slow-small", ttl = "1h", skip(runs))]
async fn small(_id: u64, runs: &AtomicUsize) -> String {
    runs.fetch_add(1, SeqCst);
    "x".repeat(20)
}

#[cached(name = "slow-large", ttl = "1h", skip(runs))]
async fn large(_id: u64, runs: &AtomicUsize) -> String {
    runs.fetch_add(1, SeqCst);
    "x".repeat(LARGE)
}

/// Returns true where a bound is asserted.
fn is_strict() -> bool {
    env::var_os("CACHERY_SLOW").is_some()
}

/// Builds a node with the default deadline, or with another one.
async fn node(url: String, deadline: Option<Duration>) -> Caches {
    let settings = CacheSettings::new().backend(Backend::Redis);
    let builder = Caches::builder().isolated().redis_url(url).all(settings);
    let builder = match deadline {
        Some(deadline) => builder.remote_deadline(deadline),
        None => builder,
    };
    builder.build().await.expect("the server is there")
}

async fn store_small(url: String, count: u64) {
    let (filler, runs) = (node(url, Some(AMPLE)).await, AtomicUsize::new(0));
    for id in 0..count {
        filler.scope(small(id, &runs)).await;
    }
}

async fn assert_closed(node: &Caches) {
    assert_eq!(node.health().await.servers[0].breaker, Breaker::Closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_stored_keys_runs_nothing() {
    let server = Server::start().await;
    store_small(server.url(), BURST).await;
    let (node, runs) = (node(server.url(), None).await, Arc::<AtomicUsize>::default());
    let (mut calls, began) = (JoinSet::new(), Instant::now());
    for id in 0..BURST {
        let (node, runs) = (node.clone(), Arc::clone(&runs));
        calls.spawn(async move { node.scope(small(id, &runs)).await });
    }
    calls.join_all().await;
    let runs = runs.load(SeqCst);
    println!("{BURST} stored keys at once: {runs} runs, all in {:?}", began.elapsed());
    if is_strict() {
        assert_eq!(runs, 0);
        assert_closed(&node).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_values_beside_a_large_one_on_a_slow_link_take_a_tenth_of_the_budget() {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address());
    store_small(server.url(), CALLERS).await;
    let runs = Arc::<AtomicUsize>::default();
    node(server.url(), Some(AMPLE)).await.scope(large(1, &runs)).await;
    let node = node(server.url_through(&proxy), None).await;
    // A large value was seen in this cache.
    node.scope(large(1, &runs)).await;
    runs.store(0, SeqCst);
    proxy.limit(Direction::Replies, RATE);
    let mut calls = JoinSet::new();
    for id in 0..CALLERS {
        let (node, runs) = (node.clone(), Arc::clone(&runs));
        calls.spawn(async move {
            let mut times = Vec::with_capacity(CALLS);
            for _ in 0..CALLS {
                let began = Instant::now();
                node.scope(small(id, &runs)).await;
                times.push(began.elapsed());
            }
            times
        });
    }
    let of_large = AtomicUsize::new(0);
    let (times, _) = tokio::join!(calls.join_all(), node.scope(large(1, &of_large)));
    let mut times = times.concat();
    times.sort();
    let [p50, p99] = [50, 99].map(|percent| times[times.len() * percent / 100]);
    let over = times.iter().filter(|time| **time > LIMIT).count();
    let runs = runs.load(SeqCst);
    println!(
        "{} small values: p50 {p50:?}, p99 {p99:?}, {over} over {LIMIT:?}, {runs} runs",
        times.len()
    );
    if is_strict() {
        assert!(p99 <= LIMIT && runs == 0, "p99 {p99:?}, {runs} runs");
        assert_closed(&node).await;
    }
}

/// Returns the time that the process has spent on its processors, in hundredths of a second.
#[cfg(target_os = "linux")]
fn processor_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux has it");
    // The name of the program ends with the last bracket; user and system time are the twelfth and
    // the thirteenth field after it.
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    fields[11..13].iter().map(|time| time.parse::<u64>().expect("a number")).sum()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_invalidated_key_costs_the_same_among_a_thousand_and_among_many() {
    let server = Server::start().await;
    let node = node(server.url(), Some(AMPLE)).await;
    let (total, most) = if is_strict() { (400_000, 100_000) } else { (10_000, 10_000) };
    let mut costs = Vec::new();
    // The first round only makes the connection.
    for count in [1_000, 1_000, 10_000, most] {
        let keys: Vec<u64> = (0..count).collect();
        let before = processor_time();
        for _ in 0..total / count {
            let reach = node.scope(MANY.invalidate_many(&keys)).await;
            assert_eq!(reach, Invalidation::Everywhere);
        }
        let cost = (processor_time() - before) * 10_000_000 / total;
        println!("{count} keys at once: {cost} ns of processor time each");
        costs.push(cost);
    }
    if is_strict() {
        let [least, most] = [costs[1..].iter().min(), costs[1..].iter().max()].map(Option::unwrap);
        assert!(*most * 10 <= *least * 12, "{costs:?}");
    }
}
