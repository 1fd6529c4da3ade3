//! The start of a program with 1,000 named caches: a registry is built with settings for each of
//! them, and then each is opened by its first lookup. A program of its own, because every program
//! checks all caches that are in it.

use std::{hint::black_box, time::Instant};

use cachery::{
    Cache, Caches,
    config::{CacheSettings, CachesBuilder},
};
use cachery_benches::{Spread, report};
use tokio::runtime::Builder;

include!(concat!(env!("OUT_DIR"), "/caches.rs"));

const ROUNDS: usize = 21;
const CAPACITY: u64 = 1_000;

/// Microseconds of one cache in each part of a start.
#[derive(Default)]
struct Times {
    built: Vec<f64>,
    opened: Vec<f64>,
    moka: Vec<f64>,
    quick: Vec<f64>,
}

fn main() {
    let mut times = Times::default();
    (0..ROUNDS).for_each(|_| start(&mut times));
    let rows = [
        ("a registry built with settings for each", times.built),
        ("opened by its first lookup", times.opened),
        ("moka by hand, built", times.moka),
        ("quick_cache by hand, built", times.quick),
    ];
    let rows = rows.map(|(name, micros)| vec![name.to_owned(), Spread::new(micros).text(2)]);
    let head = format!("{} caches", CACHES.len());
    report::report("start", &report::table(&[&head, "us a cache"], rows));
}

fn start(times: &mut Times) {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let caches = timed(&mut times.built, || runtime.block_on(settings().build()));
    let caches = caches.expect("right settings");
    timed(&mut times.opened, || runtime.block_on(caches.scope(open_all())));
    let moka = |_| moka::sync::Cache::<u64, u64>::new(CAPACITY);
    timed(&mut times.moka, || black_box(CACHES.map(moka)));
    let quick = |_| quick_cache::sync::Cache::<u64, u64>::new(CAPACITY as usize);
    timed(&mut times.quick, || black_box(CACHES.map(quick)));
}

fn settings() -> CachesBuilder {
    let settings = |builder: CachesBuilder, n| {
        builder.cache(format!("bench-{n}"), CacheSettings::new().capacity(CAPACITY))
    };
    (0..CACHES.len()).fold(Caches::builder().isolated(), settings)
}

async fn open_all() {
    for cache in CACHES {
        assert!(cache.get(&1).await.is_none());
    }
}

/// Adds the time of a part, in microseconds of one cache. What it has made is dropped later.
fn timed<T>(times: &mut Vec<f64>, part: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let made = part();
    times.push(began.elapsed().as_secs_f64() * 1e6 / CACHES.len() as f64);
    made
}
