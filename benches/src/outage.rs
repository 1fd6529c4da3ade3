//! The cost of a call while Redis does not reply: until the breaker opens, and afterwards.

use std::time::Instant;

use cachery_benches::{Aim, Spread, report};
use cachery_test_support::Server;
use tokio::runtime::Builder;

use crate::{analyze, caches};

const BREAKER: u64 = 5;
const CALLS: u64 = 4_000;
const ROUNDS: u64 = 5;
/// The most microseconds that a call should take once the breaker is open.
const AIM: Aim = Aim(50.0);

/// Returns the time of a call in each state, in Markdown.
pub fn table(server: Server) -> String {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let rows = runtime.expect("a runtime").block_on(async {
        let caches = caches(&server).build().await.expect("right settings");
        caches.scope(calls(server)).await
    });
    let rows = rows.map(|(state, time)| vec![state.to_owned(), time]);
    report::table(&["while Redis does not reply", "a call"], rows)
}

/// Makes calls with different keys, so that each runs the function, which costs nothing.
async fn calls(server: Server) -> [(&'static str, String); 3] {
    analyze(u64::MAX, "").await;
    server.freeze();
    let mut before = Vec::new();
    for n in 0..BREAKER {
        before.push(timed(n..n + 1).await / 1e3);
    }
    let before = before.into_iter().fold(0.0, f64::max);
    // The call that opens it.
    timed(BREAKER..BREAKER + 1).await;
    let frozen = rounds(100).await;
    drop(server);
    let killed = rounds(1_000_000).await;
    [
        ("frozen, until the breaker opens, the longest", format!("{before:.1} ms")),
        ("frozen, breaker open", frozen),
        ("killed, breaker open", killed),
    ]
}

/// Returns the microseconds of a call, of several rounds of calls with keys from `first` on.
async fn rounds(first: u64) -> String {
    let mut micros = Vec::new();
    for round in 0..ROUNDS {
        let first = first + round * CALLS;
        micros.push(timed(first..first + CALLS).await);
    }
    AIM.mark(&format!("{} us", Spread::new(micros).text(2)))
}

/// Returns the microseconds of a call.
async fn timed(keys: std::ops::Range<u64>) -> f64 {
    let (began, count) = (Instant::now(), keys.end - keys.start);
    for n in keys {
        analyze(n, "").await;
    }
    began.elapsed().as_secs_f64() * 1e6 / count as f64
}
