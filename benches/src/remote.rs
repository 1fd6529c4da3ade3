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
use cachery_test_support::{Config, Server};
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

use self::by_hand::ByHand;

const ROUNDS: usize = 101;
const HITS: usize = 2_048;
const KEYS: u64 = 100;
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
    println!(
        "a hit in Redis: microseconds by hand, ours, and the median of the rounds' ratios (its middle half)"
    );
    for (name, mut builder) in
        [("one thread", Builder::new_current_thread()), ("two workers", Builder::new_multi_thread())]
    {
        let runtime = runtime(&mut builder);
        for callers in [1, 64] {
            let row = runtime.block_on(compare(&server, callers));
            println!("{name:>12}, {callers:>2} callers: {row}");
        }
    }
    outage::measure(server);
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
    let caches = runtime(&mut Builder::new_current_thread()).block_on(caches).expect("right settings");
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

async fn compare(server: &Server, callers: usize) -> String {
    let hand = fill(server).await;
    let each = HITS / if callers == 1 { 8 } else { callers };
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let hand = hand.clone();
        let by_hand = round(callers, each, move |n| hand.clone().get(n)).await;
        let ours = round(callers, each, ours).await;
        rounds.push((by_hand, ours));
    }
    assert!(analyze::cache().stats().loads <= KEYS, "the rest was hits");
    let sorted = |of: fn(&(f64, f64)) -> f64| {
        let mut all: Vec<_> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (hand, ours, ratios) = (sorted(|r| r.0), sorted(|r| r.1), sorted(|r| r.1 / r.0));
    let at = |all: &[f64], quarter| all[all.len() * quarter / 4];
    format!(
        "{:>6.2} {:>6.2}  {:.3} ({:.3} to {:.3})",
        at(&hand, 2),
        at(&ours, 2),
        at(&ratios, 2),
        at(&ratios, 1),
        at(&ratios, 3)
    )
}

/// Returns the microseconds of a hit, where so many callers call at once, again and again.
async fn round<F>(callers: usize, each: usize, hit: impl Fn(u64) -> F + Clone + Send + 'static) -> f64
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
