//! The next release of `examples/insights`: the same files, but for the categorization.

#[path = "../../../../examples/insights/src/app.rs"]
mod app;
#[path = "../../../../examples/insights/src/feedback.rs"]
mod feedback;
mod insights;
#[path = "../../../../examples/insights/src/model.rs"]
mod model;
#[path = "../../../../examples/insights/src/options.rs"]
mod options;
#[path = "../../../../examples/insights/src/pages.rs"]
mod pages;
#[path = "../../../../examples/insights/src/service.rs"]
mod service;

use std::error::Error;

use clap::Parser as _;

use crate::options::Options;

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    service::serve(&Options::parse())
}
