//! The cost of a call while Redis does not reply: until the breaker opens, and afterwards.

use std::time::Instant;

use cachery_test_support::Server;

use crate::{analyze, caches};

const BREAKER: u64 = 5;
const CALLS: u64 = 20_000;

pub fn measure(server: Server) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let caches = caches(&server).build().await.expect("right settings");
        caches.scope(calls(server)).await;
    });
}

/// Makes calls with different keys, so that each runs the function, which costs nothing.
async fn calls(server: Server) {
    analyze(u64::MAX, "").await;
    server.freeze();
    println!("\nredis frozen: milliseconds a call, until the breaker opens");
    for n in 0..=BREAKER {
        println!("{:>12}: {:.1}", n + 1, timed(n..n + 1).await / 1e3);
    }
    println!("breaker open: {:.2} microseconds a call", timed(100..100 + CALLS).await);
    drop(server);
    println!("redis killed: {:.2} microseconds a call", timed(1_000_000..1_000_000 + CALLS).await);
}

/// Returns the microseconds of a call.
async fn timed(keys: std::ops::Range<u64>) -> f64 {
    let (began, count) = (Instant::now(), keys.end - keys.start);
    for n in keys {
        analyze(n, "").await;
    }
    began.elapsed().as_secs_f64() * 1e6 / count as f64
}
