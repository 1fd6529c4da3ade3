//! Hits, side by side: ours, a hand-written moka lookup and the macros of `cached`, in turn within
//! one run.
//!
//! Run it by `make bench`. Each contender serves the same call, `(u64, &str) -> Arc<str>`, from a
//! warm cache on one thread: once for few keys, as a hot path has them, and once for many in turn,
//! where no key comes again soon. A round takes each contender in turn, so a slow moment of the
//! machine meets all of them; the table shows the median and the best round, and the median of the
//! round-by-round ratios to the yardstick.

mod alloc;
mod contenders;
mod followers;
mod hits;
mod table;

use std::{future::Future, hint::black_box, sync::Arc, time::Instant};

use contenders as c;

const ROUNDS: usize = 31;
const HITS_PER_ROUND: usize = 100_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, count, who, keys, hits] = &arguments[..]
        && count == "count"
    {
        return hits::run(who, keys, hits);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    for keys in [100, 5_000] {
        let texts: Vec<String> = (0..keys).map(|n| format!("review number {n}")).collect();
        let rows = runtime.block_on(compare(&texts));
        table::print(&format!("a hit, {keys} keys in turn"), &rows);
    }
    println!(
        "\n{} concurrent misses of one key: 1 load, {:.2} us a follower",
        followers::FOLLOWERS,
        followers::micros_each()
    );
}

async fn compare(texts: &[String]) -> Vec<table::Row> {
    let mut rows: Vec<table::Row> = c::NAMES.iter().map(|name| table::Row::new(name)).collect();
    for round in 0..=ROUNDS {
        let measured = [
            measure(texts, c::moka_plain).await,
            measure(texts, c::moka_with_ttl).await,
            measure(texts, c::ours).await,
            measure(texts, c::peer_concurrent).await,
            measure(texts, c::peer_locked).await,
        ];
        // The first round fills the caches.
        if round > 0 {
            rows.iter_mut().zip(measured).for_each(|(row, sample)| row.add(sample));
        }
    }
    rows
}

/// Nanoseconds and allocations per hit.
async fn measure<'t, F, Fut>(texts: &'t [String], call: F) -> table::Sample
where
    F: Fn(u64, &'t str) -> Fut,
    Fut: Future<Output = Arc<str>> + 't,
{
    let before = alloc::count();
    let began = Instant::now();
    for n in 0..HITS_PER_ROUND {
        black_box(call(7, &texts[n % texts.len()]).await);
    }
    let nanos = began.elapsed().as_nanos() as f64;
    let allocations = alloc::count() - before;
    table::Sample {
        nanos: nanos / HITS_PER_ROUND as f64,
        allocations: allocations as f64 / HITS_PER_ROUND as f64,
    }
}
