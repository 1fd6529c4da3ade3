//! The options of the command.
#![allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "the text is printed by --help")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::service::{Service, Token};

/// Checks, shows and changes the caches of a program that uses Cachery.
///
/// Begin with `cachery check`: it asks the Redis that this environment names, step
/// by step. All other commands but `config` ask a running service by its admin
/// routes (docs/routes.md), for example:
///
///   export CACHERY_URL=http://localhost:3000/ops
///   export CACHERY_TOKEN=…
///   cachery doctor
///
/// The exit code is 0 when all is well, 1 when something is wrong, and 2 when the
/// command could not be carried out.
#[derive(Parser)]
#[command(name = "cachery", version, verbatim_doc_comment, max_term_width = 100)]
pub(crate) struct Options {
    /// Print one JSON value
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check the Redis that the environment and cache.toml name, step by step
    Check(Files),
    /// Show the health of a service: each level, with its cause and what to do
    Health(At),
    /// Show the statistics of a service's caches
    Stats(Stats),
    /// Show the settings in effect, each with its source
    Config(Config),
    /// End the value of one key, on every node
    ///
    /// Each part of the key is JSON; what is not JSON is taken as a text. The key of
    /// `analyze(7, "great")` is `7 great`.
    #[command(verbatim_doc_comment)]
    Invalidate {
        /// The name of the cache
        name: String,
        /// The parts of the key, in the order of the function's parameters
        #[arg(required = true, allow_negative_numbers = true)]
        parts: Vec<String>,
        #[command(flatten)]
        at: At,
    },
    /// End all values of a cache, on every node
    Clear {
        /// The name of the cache
        name: String,
        #[command(flatten)]
        at: At,
    },
    /// Make the next call load, and keep the old value in case that fails
    Expire {
        /// The name of the cache
        name: String,
        /// The parts of the key; without them, all keys of the cache
        #[arg(allow_negative_numbers = true)]
        parts: Vec<String>,
        #[command(flatten)]
        at: At,
    },
    /// End all values that have one value of a tag, in all caches and on every node
    ///
    /// A tag names values that belong together, for example those of one tenant. Its value
    /// is given as the parts of a key are: of `TENANT.invalidate(&7)` it is `7`, and of a
    /// tag of two it is `eu 7`.
    #[command(verbatim_doc_comment)]
    Tag {
        /// The name of the tag, as `caches!` declares it
        name: String,
        /// The value of the tag: its parts, in their order
        #[arg(required = true, allow_negative_numbers = true)]
        value: Vec<String>,
        /// Let the values expire: the next calls load, and the old values serve where that fails
        #[arg(long)]
        expire: bool,
        #[command(flatten)]
        at: At,
    },
    /// Explain where the values of a cache, or of one key, are, and why calls miss
    ///
    /// Without parts it is about the cache: where its values are, how long they live, and why
    /// calls missed so far. With the parts of a key, as `invalidate` takes them, it is about
    /// that key: is its value in memory or in Redis, how old is it, and what will the next
    /// call do. It counts no hit and keeps nothing. The exit code is 1 when the next call
    /// finds no value. It needs a token with the right to change, because by it one could
    /// try which arguments were passed.
    #[command(verbatim_doc_comment)]
    Explain {
        /// The name of the cache
        name: String,
        /// The parts of the key, in the order of the function's parameters
        #[arg(allow_negative_numbers = true)]
        parts: Vec<String>,
        #[command(flatten)]
        at: At,
    },
    /// Look for caches that do not pay, and for faults, and say what to do
    Doctor(At),
    /// Write a file for Grafana, Prometheus or Docker Compose to the standard output
    Export(Export),
    /// Write completions for a shell to the standard output
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// The service to ask.
#[derive(Args, Clone)]
pub(crate) struct At {
    /// The address of the admin routes, for example http://localhost:3000/ops; else CACHERY_URL
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The file that holds the token; else CACHERY_TOKEN holds it
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// The settings to read.
#[derive(Args, Clone, Default)]
pub(crate) struct Files {
    /// The configuration file; else CACHE_CONFIG, else cache.toml if it is there
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<String>,
    /// The profile of the file; else CACHE_ENV
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

#[derive(Args)]
pub(crate) struct Stats {
    /// The name of a cache; without it, all
    pub(crate) name: Option<String>,
    /// Show them live, until `q` is pressed
    #[arg(long)]
    pub(crate) watch: bool,
    /// The seconds between two looks of `--watch`
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) every: u64,
    #[command(flatten)]
    pub(crate) at: At,
}

#[derive(Args)]
pub(crate) struct Config {
    /// The name of a cache; without it, all
    pub(crate) name: Option<String>,
    /// Show what differs between two profiles
    #[arg(long, num_args = 2, value_names = ["PROFILE", "OTHER"], conflicts_with_all = ["profile", "url"])]
    pub(crate) diff: Option<Vec<String>>,
    #[command(flatten)]
    pub(crate) files: Files,
    #[command(flatten)]
    pub(crate) at: At,
}

#[derive(Args)]
pub(crate) struct Export {
    /// The file
    pub(crate) what: What,
    #[command(flatten)]
    pub(crate) at: At,
}

/// A file of `export`.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum What {
    /// A board, to be imported
    Grafana,
    /// Recording and alert rules
    Alerts,
    /// The scrape configuration for the service at --url
    Prometheus,
    /// Redis, Prometheus and Grafana for Docker Compose
    Compose,
}

impl At {
    /// Tells whether `--url` is given.
    pub(crate) fn is_given(&self) -> bool {
        self.url.is_some()
    }

    /// Returns the address that is given, by the option or by the variable.
    pub(crate) fn address(&self) -> Option<String> {
        let variable = || std::env::var("CACHERY_URL").ok().filter(|url| !url.trim().is_empty());
        self.url.clone().or_else(variable)
    }

    /// Returns the service. Without an address, the error says how to give one.
    pub(crate) fn service(&self) -> Result<Service, String> {
        let url = self.address().ok_or(
            "which service? Give the address of its admin routes by --url or CACHERY_URL, for \
             example http://localhost:3000/ops",
        )?;
        Service::at(&url, Token::find(self.token_file.as_deref())?)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_options_agree_with_each_other() {
        Options::command().debug_assert();
    }
}
