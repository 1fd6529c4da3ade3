//! So many hits of one contender only, for `valgrind --tool=callgrind`: the difference of two run
//! lengths is the cost of the hits, and on a busy machine such counts repeat where times do not.

use tokio::runtime::Runtime;

use crate::{load::Load, measure};

/// `hit count ours 100 20000`: the contender's word, the number of keys, and the number of hits.
pub fn run(runtime: &Runtime, who: &str, keys: &str, hits: &str) {
    let [keys, hits] = [keys, hits].map(|text| text.parse::<usize>().expect("a number"));
    let load = Load::in_order(keys);
    let contender = measure::all().into_iter().find(|contender| contender.word() == who);
    let contender = contender.expect("a contender's word");
    contender.fill(runtime, &load);
    let sample = contender.round(runtime, &load, &load.hits(0, hits));
    println!("{:.4} allocations a hit", sample.allocations);
}
