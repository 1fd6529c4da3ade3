//! The time of single hits, with and without a thread that stores other keys meanwhile.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Instant,
};

use cachery_benches::{Aim, report};

use crate::single::{CONTENDERS, Contender, Percentiles, in_turn, percentiles};

const KEYS: u64 = 1_000;
const HITS: u64 = 200_000;
/// The most that 999 of 1,000 hits beside a thread that stores should take, in nanoseconds.
const AIM: Aim = Aim(5_000.0);

/// Returns the percentiles of single hits, in Markdown.
pub fn table() -> String {
    let head = ["ns of a single hit", "p50", "p99", "p99.9", "p50, one stores", "p99", "p99.9"];
    let measured = in_turn(|contender| [alone(contender), beside_stores(contender)]);
    let rows = CONTENDERS.iter().zip(&measured).enumerate().map(|(n, (contender, cases))| {
        let spreads = cases.iter().flatten();
        let mut cells: Vec<_> = spreads.map(|spread| spread.text(0)).collect();
        if n == 0 {
            cells[5] = AIM.mark(&cells[5]);
        }
        [contender.name.to_owned()].into_iter().chain(cells).collect()
    });
    report::table(&head, rows)
}

fn alone(contender: &Contender) -> Percentiles {
    (0..3).for_each(|_| (0..KEYS).for_each(contender.ask));
    hits(contender)
}

fn beside_stores(contender: &Contender) -> Percentiles {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| (KEYS..).take_while(|_| !done.load(Relaxed)).for_each(contender.ask));
        let beside = hits(contender);
        done.store(true, Relaxed);
        beside
    })
}

fn hits(contender: &Contender) -> Percentiles {
    let timed = |n| {
        let began = Instant::now();
        (contender.ask)(n * 7 % KEYS);
        began.elapsed().as_nanos() as u64
    };
    percentiles((0..HITS).map(timed).collect())
}
