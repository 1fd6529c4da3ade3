//! A queue of invalidations is done within a second of the server's return, on a node that nobody
//! calls: a few times, unless `make soak` sets a hundred.

use std::{
    env,
    time::{Duration, Instant},
};

use cachery::{Backend, Caches, Invalidation, caches, config::CacheSettings};
use cachery_test_support::{Direction, Proxy, Server, eventually};
use fastrand::Rng;

/// The time in which a queue is done.
const SECOND: Duration = Duration::from_secs(1);
/// The same where other tests run meanwhile.
const BUSY: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(20);
/// The counts of keys. More than 10,000 become one invalidation of the cache.
const COUNTS: [u64; 6] = [1, 10, 100, 1_000, 10_000, 100_000];

caches! {
    static QUEUED: Cache<u64, u64> = { name: "soak-queued", ttl: "1h" };
}

async fn node(url: String) -> Caches {
    let settings = CacheSettings::new().backend(Backend::Redis);
    let builder = Caches::builder().isolated().redis_url(url).all(settings);
    builder.remote_deadline(Duration::from_secs(5)).build().await.expect("the server is there")
}

/// Queues `count` invalidations during an outage, and returns the time from its end until they are
/// done.
async fn time_of_a_queue(count: u64, random: &mut Rng) -> Duration {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address());
    let (idle, direct) = (node(server.url_through(&proxy)).await, node(server.url()).await);
    let ends = [0, count - 1];
    for key in ends {
        direct.scope(QUEUED.put(&key, 1)).await;
    }
    let is_frozen = random.bool();
    match random.u8(..3) {
        _ if is_frozen => server.freeze(),
        0 => proxy.stall(Direction::Requests),
        1 => proxy.stall(Direction::Replies),
        _ => proxy.refuse(),
    }
    let keys: Vec<u64> = (0..count).collect();
    assert_eq!(idle.scope(QUEUED.invalidate_many(&keys)).await, Invalidation::Queued);
    tokio::time::sleep(Duration::from_millis(random.u64(..8_000))).await;
    if is_frozen {
        server.thaw();
    }
    proxy.pass();
    let began = Instant::now();
    for key in ends {
        eventually("it is invalidated", PATIENCE, async || {
            direct.scope(QUEUED.get(&key)).await.is_none().then_some(())
        })
        .await;
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_is_done_within_a_second_of_the_servers_return() {
    let runs = env::var("CACHERY_QUEUES").ok().map(|runs| runs.parse().expect("a number"));
    let limit = if runs.is_some() { SECOND } else { BUSY };
    let seed = fastrand::u64(..);
    println!("queues, seed {seed}");
    let mut random = Rng::with_seed(seed);
    let mut longest = Duration::ZERO;
    for (run, count) in (0..runs.unwrap_or(2)).zip(COUNTS.into_iter().cycle()) {
        let took = time_of_a_queue(count, &mut random).await;
        println!("run {run}: {count} keys in {took:?}");
        assert!(took < limit, "{count} keys: {took:?}");
        longest = longest.max(took);
    }
    println!("the longest took {longest:?}");
}
