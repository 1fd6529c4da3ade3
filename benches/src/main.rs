//! Hits in memory side by side, in turn within one run: ours, the macros of peers, and lookups by
//! hand ([`contenders`]). Single hits, stores, hit ratios and followers as well.
//!
//! Run it by `make bench`, which writes the tables into `BENCHMARKS.md`. Each contender serves the
//! same call, `(u64, &str) -> Arc<str>`, from a warm cache on one thread. A round takes each
//! contender in turn, so a slow moment of the machine meets all of them; the table shows the median
//! time, and the median of the round-by-round ratios of ours to each peer.

mod alloc;
mod contenders;
mod count;
mod followers;
mod inserts;
mod latency;
mod load;
mod machine;
mod measure;
mod plots;
mod ratio;
mod single;
mod table;

use cachery_benches::report::report;
use load::Load;
use table::Line;
use tokio::runtime::{Builder, Runtime};

const ROUNDS: usize = 11;
const ROUNDS_OF_TWO: usize = 7;
const CALLS_PER_ROUND: usize = 100_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    if let [_, count, who, keys, hits] = &arguments[..]
        && count == "count"
    {
        return count::run(&runtime, who, keys, hits);
    }
    report("machine", &machine::table());
    hits(&runtime);
    report("latency", &latency::table());
    report("inserts", &inserts::table());
    report("ratio", &ratio::table());
    plots::hit_ratio(&ratio::by_capacity());
    report("followers", &followers::table());
}

/// Reports hits of one thread, of two, and the loads of other orders, calls and values.
fn hits(runtime: &Runtime) {
    let by_keys: Vec<_> = Load::by_keys().iter().map(|load| alone(runtime, load, true)).collect();
    let times = table::times("ns a hit", &by_keys);
    report("hits", &(times + &table::allocations(&by_keys[by_keys.len() - 1])));
    plots::hit_time(&by_keys);
    let two: Vec<_> = Load::of_two_threads().iter().map(two_threads).collect();
    report("threads", &table::times("ns a hit, 2 threads", &two));
    let others: Vec<_> = Load::others().iter().map(|load| alone(runtime, load, false)).collect();
    report("workloads", &table::times("ns a call", &others));
}

fn alone(runtime: &Runtime, load: &Load, has_aim: bool) -> Line {
    let mut line = Line::new(load.to_string(), has_aim.then_some(load.keys()));
    measure::all().iter().for_each(|contender| contender.fill(runtime, load));
    for round in 1..=ROUNDS {
        let order = load.hits(round, CALLS_PER_ROUND);
        line.round(|contender| contender.round(runtime, load, &order));
    }
    eprintln!("{load}: measured");
    line
}

/// Measures hits of two threads. The caches are filled already.
fn two_threads(load: &Load) -> Line {
    let has_aim = load.keys() > 1;
    let mut line = Line::new(load.to_string(), has_aim.then_some(load.keys()));
    for round in 1..=ROUNDS_OF_TWO {
        line.round(|contender| contender.two_threads(load, round, CALLS_PER_ROUND));
    }
    eprintln!("2 threads, {load}: measured");
    line
}
