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

use cachery_benches::{Aim, Spread, report};

const FOLLOWERS: usize = 10_000;
/// The most that a follower should take, in microseconds.
const AIM: Aim = Aim(2.0);
const ROUNDS: u64 = 21;

static RUNS: AtomicU64 = AtomicU64::new(0);
static OPEN: AtomicBool = AtomicBool::new(false);

#[cachery::cached(name = "followed", ttl = 3600)]
async fn followed(round: u64) -> Arc<str> {
    RUNS.fetch_add(1, Relaxed);
    std::future::poll_fn(|_| if OPEN.load(Relaxed) { Poll::Ready(()) } else { Poll::Pending })
        .await;
    round.to_string().into()
}

/// Returns the time of a follower from the first poll to the last value, in Markdown.
pub fn table() -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let _entered = runtime.enter();
    let times = Spread::new((0..ROUNDS).map(round));
    assert_eq!(RUNS.load(Relaxed), ROUNDS, "one load a round");
    let time = AIM.mark(&times.text(2));
    let row = [format!("{FOLLOWERS} at once"), "1".to_owned(), time];
    report::table(&["misses of one key", "loads", "us a follower"], [row.to_vec()])
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
