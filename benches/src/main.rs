//! Hits, side by side: ours, a hand-written moka lookup, a hand-written quick_cache lookup, and the
//! macros of `cached`, in turn within one run.
//!
//! Run it by `make bench`, which writes the table into `BENCHMARKS.md`. Each contender serves the
//! same call, `(u64, &str) -> Arc<str>`, from a warm cache on one thread. A round takes each
//! contender in turn, so a slow moment of the machine meets all of them; the table shows the median
//! time, and the median of the round-by-round ratios of ours to each peer.

mod alloc;
mod contenders;
mod followers;
mod hits;
mod latency;
mod load;
mod ratio;
mod report;
mod table;
mod threads;

use std::{future::Future, hint::black_box, sync::Arc, time::Instant};

use contenders as c;
use load::Load;

const ROUNDS: usize = 11;
const HITS_PER_ROUND: usize = 100_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, count, who, keys, hits] = &arguments[..]
        && count == "count"
    {
        return hits::run(who, keys, hits);
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut table = table::Table::new();
    let loads: Vec<_> = Load::all().collect();
    for load in &loads {
        table.add(&load.to_string(), runtime.block_on(compare(load)));
    }
    report::report("hits", &table.to_string());
    report::report("threads", &threads::table(&loads[..4]).times());
    report::report("latency", &latency::table());
    report::report("ratio", &ratio::table());
    println!(
        "{} concurrent misses of one key: 1 load, {:.2} us a follower",
        followers::FOLLOWERS,
        followers::micros_each()
    );
}

async fn compare(load: &Load) -> Vec<table::Row> {
    let mut rows: Vec<table::Row> = c::NAMES.iter().map(|_| table::Row::default()).collect();
    for round in 0..=ROUNDS {
        // The first round fills the caches.
        let order = if round == 0 { load.each_key() } else { load.hits(round, HITS_PER_ROUND) };
        let measured = [
            measure(load, &order, c::ours).await,
            measure(load, &order, c::ours_on_moka).await,
            measure(load, &order, c::peer_concurrent).await,
            measure(load, &order, c::peer_locked).await,
            measure(load, &order, c::quick_by_hand).await,
            measure(load, &order, c::moka_by_hand).await,
        ];
        if round > 0 {
            rows.iter_mut().zip(measured).for_each(|(row, sample)| row.add(sample));
        }
    }
    rows
}

/// Nanoseconds and allocations per hit.
async fn measure<'t, F, Fut>(load: &'t Load, order: &[u32], call: F) -> table::Sample
where
    F: Fn(u64, &'t str) -> Fut,
    Fut: Future<Output = Arc<str>> + 't,
{
    let before = alloc::count();
    let began = Instant::now();
    for key in order {
        black_box(call(7, load.text(*key)).await);
    }
    let nanos = began.elapsed().as_nanos() as f64;
    let allocations = alloc::count() - before;
    table::Sample {
        nanos: nanos / order.len() as f64,
        allocations: allocations as f64 / order.len() as f64,
    }
}
