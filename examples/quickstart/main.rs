//! Cachery's main job on real input: a slow function, asked for the same lines again and again.
//!
//! Run it with `cargo run --example quickstart`, or on a text of your own with
//! `cargo run --example quickstart -- reviews.txt`; `-- --help` explains the rest.

mod calls;
mod input;
mod model;
mod options;
mod scorer;
mod table;
mod workload;

use std::{io::Write, process::ExitCode, sync::Arc};

use cachery::{Caches, cached};

use crate::{
    model::{Model, Unreachable},
    scorer::Sentiment,
    table::{AFTER_INVALIDATE, Outage, Summary},
    workload::Workload,
};

/// The slow function, and the attribute, which is all it takes to cache it.
///
/// `text` is the key; `model` is not, since any model returns the same value. A large file has more
/// lines than the default capacity of 10,000 entries; these are small, so there may be 100,000. For a
/// day after its hour, a value is returned where the model fails.
#[cached(name = "sentiment", ttl = "1h", stale_if_error = "24h", capacity = 100_000, skip(model))]
async fn analyze(model: &Model, text: &str) -> Result<Sentiment, Unreachable> {
    model.ask(text).await
}

#[tokio::main]
async fn main() -> ExitCode {
    match demonstrate().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("quickstart: {message}");
            ExitCode::from(2)
        }
    }
}

async fn demonstrate() -> Result<(), String> {
    let Some(options) = options::read()? else { return Ok(()) };
    let input = input::read(options.file.as_deref())?;
    let no_caches = install_caches().await?;

    let calls = options.calls_for(input.lines.len());
    let work = Arc::new(Workload::draw(input.lines, calls, options.seed));
    let model = Arc::new(Model::new(options.delay()));
    let run = |title| calls::run(title, &work, &model, options.callers);

    let mut passes = Vec::new();
    if options.patient_for(calls) {
        passes.push(no_caches.scope(run("without a cache")).await);
    }
    passes.push(run("with #[cached]").await);
    analyze::invalidate(work.favourite()).await;
    passes.push(run(AFTER_INVALIDATE).await);

    // Every value is past its time, and the model fails.
    model.go_down();
    analyze::cache().expire_all().await;
    let outage = Outage {
        uncached: no_caches.scope(run("down, uncached")).await,
        cached: run("down, cached").await,
    };

    let summary = Summary {
        source: &input.name,
        options: &options,
        work: &work,
        passes: &passes,
        outage: &outage,
    };
    // A reader who closes the pipe early, as `| head` does, has seen enough.
    let _ = std::io::stdout().write_all(summary.to_string().as_bytes());
    Ok(())
}

/// Builds and installs the caches. Without it the first call builds them, but wrong variables are
/// then only a log line. Returns other caches, which are switched off, to compare with.
async fn install_caches() -> Result<Caches, String> {
    let caches = Caches::from_env().await.map_err(|error| error.to_string())?;
    caches.install().map_err(|error| error.to_string())?;
    Caches::builder().enabled(false).build().await.map_err(|error| error.to_string())
}
