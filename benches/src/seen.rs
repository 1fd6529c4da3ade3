//! The time from the return of `invalidate` on one node until a call on another node no longer gets
//! the old value from its memory: by pushes, and by the feed of a server that refuses them.

use std::time::{Duration, Instant};

use cachery::{
    Backend, Caches, Invalidation, cached,
    config::CacheSettings,
    health::{Push, Status},
};
use cachery_benches::{Aim, report};
use cachery_test_support::{Config, Server, eventually};

const INVALIDATIONS: usize = 200;
/// The most milliseconds until it is seen.
const AIM: Aim = Aim(50.0);
const PATIENCE: Duration = Duration::from_secs(20);
/// Long, because the machine may be busy.
const DEADLINE: Duration = Duration::from_secs(5);

/// The ways by which the other node hears, with a line for the server.
const WAYS: [(&str, Push, &str); 2] = [
    ("pushes", Push::Up, ""),
    (
        "the feed, CLIENT TRACKING refused",
        Push::Subscribed,
        "user default on nopass ~* &* +@all -client|tracking",
    ),
];

#[cached(name = "seen", ttl = "1h")]
async fn value(n: usize) -> usize {
    n
}

/// Returns a row for each way, in Markdown.
pub async fn table() -> String {
    let head = ["ms until the other node sees it, by", "median", "99 of 100 within", "the last"];
    let mut rows = Vec::new();
    for (name, push, line) in WAYS {
        let mut config = Config::default();
        config.line(line);
        let mut times = times(&Server::launch(config), push).await;
        times.sort_unstable();
        let at =
            |percent: usize| times[(times.len() * percent).div_ceil(100) - 1].as_secs_f64() * 1e3;
        let median = AIM.mark(&format!("{:.2}", at(50)));
        let others = [99, 100].map(|percent| format!("{:.2}", at(percent)));
        rows.push([name.to_owned(), median].into_iter().chain(others).collect());
    }
    report::table(&head, rows)
}

/// Invalidates values that the other node holds in memory, one after another.
async fn times(server: &Server, push: Push) -> Vec<Duration> {
    let [here, there] = [node(server, push).await, node(server, push).await];
    let mut times = Vec::new();
    for n in 0..INVALIDATIONS {
        there.scope(value(n)).await;
        let hits = there.sync_scope(value::cache).stats().hits;
        there.scope(value(n)).await;
        assert_eq!(there.sync_scope(value::cache).stats().hits, hits + 1, "memory serves it");
        assert_eq!(here.scope(value::invalidate(n)).await, Invalidation::Everywhere);
        let returned = Instant::now();
        while there.scope(value::peek(n)).await.is_some() {
            tokio::task::yield_now().await;
        }
        times.push(returned.elapsed());
    }
    times
}

/// Returns a node that hears of others.
async fn node(server: &Server, push: Push) -> Caches {
    let settings = CacheSettings::new().backend(Backend::Tiered);
    let builder = Caches::builder().isolated().redis_url(server.url()).all(settings);
    let node = builder.remote_deadline(DEADLINE).build().await.expect("right settings");
    eventually("it hears", PATIENCE, async || {
        let health = node.health().await;
        let hears = health.servers.iter().all(|server| server.push == push);
        (health.status == Status::Up && hears).then_some(())
    })
    .await;
    node
}
