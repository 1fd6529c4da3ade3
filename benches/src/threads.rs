//! Hits of two threads at once.

use std::{future::Future, hint::black_box, sync::Arc, thread, time::Instant};

use crate::{contenders as c, load::Load, table::Table};

const ROUNDS: usize = 7;
const HITS: usize = 100_000;

/// Measures each contender with the two smallest loads and one that is skewed. The caches are
/// filled already.
pub fn table(loads: &[Load]) -> Table {
    let mut table = Table::new();
    for load in loads {
        let mut rows: Vec<_> = c::NAMES.iter().map(|_| crate::table::Row::default()).collect();
        for round in 1..=ROUNDS {
            let measured = [
                measure(load, round, c::ours),
                measure(load, round, c::ours_on_moka),
                measure(load, round, c::peer_concurrent),
                measure(load, round, c::peer_locked),
                measure(load, round, c::quick_by_hand),
                measure(load, round, c::moka_by_hand),
            ];
            rows.iter_mut().zip(measured).for_each(|(row, nanos)| {
                row.add(crate::table::Sample { nanos, allocations: 0.0 });
            });
        }
        table.add(&format!("2 threads, {load}"), rows);
    }
    table
}

/// Returns the mean time of a hit in nanoseconds, as each of two threads sees it.
fn measure<'t, F, Fut>(load: &'t Load, round: usize, call: F) -> f64
where
    F: Fn(u64, &'t str) -> Fut + Copy + Send,
    Fut: Future<Output = Arc<str>> + 't,
{
    let serve = |thread: usize| {
        move || {
            let order = load.hits(2 * round + thread, HITS);
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.expect("a runtime").block_on(async {
                let began = Instant::now();
                for key in &order {
                    black_box(call(7, load.text(*key)).await);
                }
                began.elapsed().as_nanos() as f64 / HITS as f64
            })
        }
    };
    thread::scope(|scope| {
        let threads = [0, 1].map(|thread| scope.spawn(serve(thread)));
        threads.map(|thread| thread.join().expect("it served")).iter().sum::<f64>() / 2.0
    })
}
