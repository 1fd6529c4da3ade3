//! The time of single stores into a full cache, so that each evicts.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use cachery_benches::report;

use crate::single::{CAPACITY, CONTENDERS, Contender, Percentiles, in_turn, percentiles, value};

const STORES: u64 = 200_000;
/// Keys that no other measurement stores.
static NEXT: AtomicU64 = AtomicU64::new(1 << 40);

/// Returns the percentiles of single stores, in Markdown.
pub fn table() -> String {
    let measured = in_turn(|contender| {
        (0..2 * CAPACITY).for_each(|_| (contender.store)(next(), value(0)));
        [stores(contender)]
    });
    let rows = CONTENDERS.iter().zip(&measured).map(|(contender, [spreads])| {
        let cells = spreads.iter().map(|spread| spread.text(0));
        [contender.name.to_owned()].into_iter().chain(cells).collect()
    });
    report::table(&["ns of a single store that evicts", "p50", "p99", "p99.9"], rows)
}

fn stores(contender: &Contender) -> Percentiles {
    let timed = |_| {
        let n = next();
        let value = value(n);
        let began = Instant::now();
        (contender.store)(n, value);
        began.elapsed().as_nanos() as u64
    };
    percentiles((0..STORES).map(timed).collect())
}

fn next() -> u64 {
    NEXT.fetch_add(1, Relaxed)
}
