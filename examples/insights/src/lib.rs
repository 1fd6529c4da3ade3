//! Insights: what customers say about products, as ten cached calls of a model.
//!
//! `cargo run -p insights` serves it, `cargo run -p insights -- load` loads it. Settings of the
//! caches are in `cache.toml`; `CACHE_ENV=production` chooses a profile of it.

mod app;
mod feedback;
mod insights;
mod load;
mod model;
mod options;
mod pages;
mod service;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::Parser as _;

use crate::options::{Command, Options};

/// Runs what the arguments of the process say, until a signal ends it.
pub fn run() -> ExitCode {
    let options = Options::parse();
    let done = match &options.command {
        Some(Command::Load(load)) => load::run(load).report(),
        None => service::serve(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("insights: {error}");
            ExitCode::FAILURE
        }
    }
}
