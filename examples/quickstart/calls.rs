//! A run of all calls by a bounded number of callers, measured.

use std::{
    io::{self, IsTerminal},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use cachery::{Caches, stats::Stats};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use tokio::task::JoinSet;

use crate::{analyze, model::Model, workload::Workload};

/// The outcome of one run.
pub(crate) struct Pass {
    pub(crate) title: &'static str,
    pub(crate) took: Duration,
    /// Runs of the slow function, as it counted them itself.
    pub(crate) requests: u64,
    /// Calls that returned an error.
    pub(crate) errors: u64,
    /// The statistics of the cache during this run, if it was on.
    pub(crate) stats: Option<Stats>,
}

/// Makes all calls in their order, and shows the progress.
pub(crate) async fn run(
    title: &'static str,
    work: &Arc<Workload>,
    model: &Arc<Model>,
    callers: u32,
) -> Pass {
    let (before, requests) = (analyze::cache().stats(), model.requests());
    let bar = progress(title, work.calls());
    let began = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let caller =
            call_until_done(Arc::clone(work), Arc::clone(model), Arc::clone(&next), bar.clone());
        // A spawned task does not have the scope of its spawner by itself.
        tasks.spawn(Caches::current().scope(caller));
    }
    let errors = tasks.join_all().await.into_iter().sum();
    let took = began.elapsed();
    bar.finish();
    let enabled = analyze::cache().policy().enabled;
    Pass {
        title,
        took,
        requests: model.requests() - requests,
        errors,
        stats: enabled.then(|| analyze::cache().stats().since(&before)),
    }
}

/// Makes one call after the other until there is none left. Returns the number of errors.
async fn call_until_done(
    work: Arc<Workload>,
    model: Arc<Model>,
    next: Arc<AtomicUsize>,
    bar: ProgressBar,
) -> u64 {
    let mut errors = 0;
    while let Some(text) = work.text(next.fetch_add(1, Relaxed)) {
        errors += u64::from(analyze(&model, text).await.is_err());
        bar.inc(1);
    }
    errors
}

/// Returns a bar on a terminal, and a plain line elsewhere.
fn progress(title: &'static str, calls: u32) -> ProgressBar {
    if !io::stderr().is_terminal() {
        eprintln!("{title}: {} calls ...", HumanCount(calls.into()));
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{msg:>17} {wide_bar} {human_pos:>9} calls {elapsed_precise}");
    let bar = ProgressBar::new(calls.into()).with_message(title);
    style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}
