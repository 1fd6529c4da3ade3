//! The cost of a follower: many callers of one cold key, polled by hand, so that no executor is
//! measured.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    time::Instant,
};

pub const FOLLOWERS: usize = 10_000;
const ROUNDS: u64 = 21;

static RUNS: AtomicU64 = AtomicU64::new(0);
static OPEN: AtomicBool = AtomicBool::new(false);

#[cachery::cached(name = "followed", ttl = 3600)]
async fn followed(round: u64) -> Arc<str> {
    RUNS.fetch_add(1, Relaxed);
    std::future::poll_fn(|_| if OPEN.load(Relaxed) { Poll::Ready(()) } else { Poll::Pending }).await;
    round.to_string().into()
}

/// The median time in microseconds from the first poll to the last value, for each follower.
pub fn micros_each() -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _entered = runtime.enter();
    let mut times: Vec<_> = (0..ROUNDS).map(round).collect();
    assert_eq!(RUNS.load(Relaxed), ROUNDS, "one load a round");
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn round(round: u64) -> f64 {
    OPEN.store(false, Relaxed);
    let mut callers: Vec<Pin<Box<dyn Future<Output = Arc<str>>>>> =
        (0..=FOLLOWERS).map(|_| Box::pin(followed(round)) as _).collect();
    let mut context = Context::from_waker(Waker::noop());
    let began = Instant::now();
    assert!(callers.iter_mut().all(|caller| caller.as_mut().poll(&mut context).is_pending()));
    OPEN.store(true, Relaxed);
    assert!(callers.iter_mut().all(|caller| caller.as_mut().poll(&mut context).is_ready()));
    began.elapsed().as_secs_f64() * 1e6 / FOLLOWERS as f64
}
