//! So many hits of one contender only, for `valgrind --tool=callgrind`: the difference of two run
//! lengths is the cost of the hits, and on a busy machine such counts repeat where times do not.

use std::{future::Future, hint::black_box, sync::Arc};

use crate::{alloc, contenders as c};

/// `hit count ours 100 20000`: the contender, the number of keys, and the number of hits. The
/// others are `quick`, `moka`, `concurrent` and `locked`.
pub fn run(who: &str, keys: &str, hits: &str) {
    let [keys, hits] = [keys, hits].map(|text| text.parse::<usize>().expect("a number"));
    let texts: Vec<String> = (0..keys).map(|n| format!("review number {n}")).collect();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        match who {
            "ours" => count(&texts, hits, c::ours).await,
            "quick" => count(&texts, hits, c::quick_by_hand).await,
            "moka" => count(&texts, hits, c::moka_by_hand).await,
            "concurrent" => count(&texts, hits, c::peer_concurrent).await,
            "locked" => count(&texts, hits, c::peer_locked).await,
            _ => panic!("no such contender"),
        }
    });
}

async fn count<'t, F, Fut>(texts: &'t [String], hits: usize, call: F)
where
    F: Fn(u64, &'t str) -> Fut,
    Fut: Future<Output = Arc<str>> + 't,
{
    for _ in 0..3 {
        for text in texts {
            call(7, text).await;
        }
    }
    let before = alloc::count();
    for n in 0..hits {
        black_box(call(7, &texts[n % texts.len()]).await);
    }
    println!("{:.4} allocations a hit", (alloc::count() - before) as f64 / hits as f64);
}
