//! A number of hits of one side only, for `valgrind --tool=callgrind` and `strace -cf`. The
//! difference of two lengths of a run is the cost of the hits. On a busy machine such counts repeat
//! where times do not.

use cachery_test_support::Server;

use crate::{alloc, fill, ours, round};

/// Runs one side: `remote hand 20000 64` makes 20,000 hits by hand from 64 callers. The other side
/// is `ours`.
pub async fn run(server: &Server, side: &str, hits: &str, callers: &str) {
    let [hits, callers] = [hits, callers].map(|text| text.parse::<usize>().expect("a number"));
    let hand = fill(server).await;
    let before = alloc::count();
    match side {
        "hand" => round(callers, hits / callers, move |n| hand.clone().get(n)).await,
        "ours" => round(callers, hits / callers, ours).await,
        _ => panic!("the sides are `hand` and `ours`"),
    };
    println!("{:.2} allocations a hit", (alloc::count() - before) as f64 / hits as f64);
}
