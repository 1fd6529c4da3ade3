//! A hit in Redis, side by side with the raw commands that carry the same information and the same
//! decoding, by hand; and what a call costs while Redis is out of reach.
//!
//! Both sides take turns in short rounds, in one run, on one runtime and a connection each. With
//! arguments, see [`counted`].

mod alloc;
mod by_hand;
mod counted;
mod outage;

use std::time::{Duration, Instant};

use cachery::{
    Backend, Caches, cached,
    config::{CacheSettings, CachesBuilder},
};
use cachery_benches::{Aim, Spread, report};
use cachery_test_support::{Config, Server};
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

use self::by_hand::ByHand;

const ROUNDS: usize = 101;
const HITS: usize = 2_048;
const KEYS: u64 = 100;
/// The most that ours should take, as a multiple of by hand.
const AIM: Aim = Aim(1.05);
const LONG: Duration = Duration::from_secs(10);

#[derive(Clone, Serialize, Deserialize)]
pub struct Sentiment {
    pub label: String,
    pub score: f64,
    pub words: Vec<String>,
}

pub fn sentiment(n: u64) -> Sentiment {
    Sentiment { label: format!("label {n}"), score: 0.5, words: vec!["great".to_owned(); 8] }
}

#[cached(name = "sentiment", ttl = "1h")]
pub async fn analyze(tenant: u64, _text: &str) -> Sentiment {
    sentiment(tenant)
}

async fn ours(n: u64) -> Sentiment {
    analyze(n, "great, I would buy it again").await
}

fn main() {
    let server = Server::launch(Config::default());
    install(&server);
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [side, hits, callers] = &args[..] {
        return runtime(&mut Builder::new_current_thread())
            .block_on(counted::run(&server, side, hits, callers));
    }
    let mut rows = Vec::new();
    for (name, mut builder) in [
        ("one thread", Builder::new_current_thread()),
        ("two workers", Builder::new_multi_thread()),
    ] {
        let runtime = runtime(&mut builder);
        for callers in [1, 64] {
            let [hand, ours, ratio] = runtime.block_on(compare(&server, callers));
            rows.push(vec![format!("{callers} at once, {name}"), hand, ours, ratio]);
        }
    }
    let head = ["us a hit in Redis", "redis-rs by hand", "`#[cachery::cached]`", "ratio"];
    report::report("remote", &report::table(&head, rows));
    report::report("outage", &outage::table(server));
}

fn runtime(builder: &mut Builder) -> Runtime {
    builder.worker_threads(2).enable_all().build().expect("a runtime")
}

/// Returns the builder of caches in the Redis of `server`.
pub fn caches(server: &Server) -> CachesBuilder {
    Caches::builder().redis_url(server.url()).all(CacheSettings::new().backend(Backend::Redis))
}

/// Installs the caches, as programs do: a scope and the clock of a test would be measured, too.
fn install(server: &Server) {
    // Long, because the machine may be busy and misses are not measured.
    let caches = caches(server).remote_deadline(LONG).build();
    let caches =
        runtime(&mut Builder::new_current_thread()).block_on(caches).expect("right settings");
    caches.install().expect("nothing was called yet");
}

/// Stores every key by both sides.
async fn fill(server: &Server) -> ByHand {
    let hand = ByHand::connect(server).await;
    for n in 0..KEYS {
        ours(n).await;
        hand.fill(n).await;
    }
    hand
}

/// Returns the microseconds by hand and ours, and the rounds' ratios.
async fn compare(server: &Server, callers: usize) -> [String; 3] {
    let hand = fill(server).await;
    let each = HITS / if callers == 1 { 8 } else { callers };
    let (mut by_hand, mut by_ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let hand = hand.clone();
        by_hand.push(round(callers, each, move |n| hand.clone().get(n)).await);
        by_ours.push(round(callers, each, ours).await);
    }
    assert!(analyze::cache().stats().loads <= KEYS, "the rest was hits");
    let ratio = AIM.mark(&Spread::of_ratios(&by_ours, &by_hand).text(2));
    [Spread::new(by_hand).text(1), Spread::new(by_ours).text(1), ratio]
}

/// Returns the microseconds of a hit, where so many callers call at once, again and again.
async fn round<F>(
    callers: usize,
    each: usize,
    hit: impl Fn(u64) -> F + Clone + Send + 'static,
) -> f64
where
    F: Future<Output = Sentiment> + Send + 'static,
{
    let caller = |first: usize| {
        let hit = hit.clone();
        async move {
            for n in first..first + each {
                assert!(hit(n as u64 % KEYS).await.score > 0.0);
            }
        }
    };
    let began = Instant::now();
    let tasks: Vec<_> = (0..callers).map(|first| tokio::spawn(caller(first))).collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    began.elapsed().as_secs_f64() * 1e6 / (each * callers) as f64
}
