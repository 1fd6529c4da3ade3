//! The options of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Serves insights into what customers say, and loads such services.
#[derive(Parser)]
#[command(name = "insights", args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The address to serve
    #[arg(default_value = "127.0.0.1:3000")]
    pub(crate) address: String,

    #[command(flatten)]
    pub(crate) stand_ins: StandIns,
}

/// The model and the database, which are stand-ins.
#[derive(Args)]
pub(crate) struct StandIns {
    /// The time that the model takes, in milliseconds
    #[arg(long, value_name = "MS", default_value = "300")]
    pub(crate) latency: u64,

    /// Each so many-th request of the model fails; 0 for none
    #[arg(long, value_name = "NUMBER", default_value = "50")]
    pub(crate) fail_every: u64,

    /// The directory with what customers have changed; nodes share it
    #[arg(long, value_name = "DIRECTORY", default_value = "target/insights")]
    pub(crate) data: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Asks services for insights, changes texts, and counts
    Load(Load),
}

/// The work of the load generator.
#[derive(Args)]
pub(crate) struct Load {
    /// The services, which share their data
    #[arg(default_value = "http://127.0.0.1:3000")]
    pub(crate) nodes: Vec<String>,

    /// For so many seconds
    #[arg(long, default_value = "10")]
    pub(crate) seconds: u64,

    /// From so many callers at once
    #[arg(long, default_value = "8")]
    pub(crate) callers: u64,

    /// Seconds after which a change that a node does not show is counted as stale
    #[arg(long, default_value = "5")]
    pub(crate) patience: u64,
}
