//! The command `cachery`: asks Redis as a program does, and a service by its admin routes.
//!
//! A command reads its options, does one thing and returns an [`Outcome`]:
//! text for people, JSON for programs, and the exit code. What talks to a service is in `service`,
//! what draws on a terminal in `screen`.

mod change;
mod check;
mod config;
mod doctor;
mod explain;
mod export;
mod health;
mod options;
mod outcome;
mod row;
mod screen;
mod service;
mod stats;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::{
    options::{Command, Options},
    outcome::{Code, Outcome},
    screen::Screen,
};

fn main() -> ExitCode {
    let options = Options::parse();
    let screen = Screen::of_process();
    let outcome = run(&options, &screen).unwrap_or_else(Outcome::from);
    outcome.print(options.json, &screen);
    outcome.code.into()
}

/// Runs the command. The error says what prevented it.
fn run(options: &Options, screen: &Screen) -> Result<Outcome, String> {
    match &options.command {
        Command::Check(files) => check::run(files, screen),
        Command::Health(at) => health::run(&at.service()?, screen),
        Command::Stats(stats) => stats::run(stats, options.json, screen),
        Command::Config(config) => config::run(config, screen),
        Command::Invalidate { name, parts, at } => change::invalidate(&at.service()?, name, parts),
        Command::Clear { name, at } => change::clear(&at.service()?, name),
        Command::Expire { name, parts, at } => change::expire(&at.service()?, name, parts),
        Command::Tag { name, value, expire, at } => {
            change::tag(&at.service()?, name, value, *expire)
        }
        Command::Explain { name, parts, at } => explain::run(&at.service()?, name, parts, screen),
        Command::Doctor(at) => doctor::run(&at.service()?, screen),
        Command::Export(what) => export::run(what),
        Command::Completions { shell } => {
            clap_complete::generate(
                *shell,
                &mut Options::command(),
                "cachery",
                &mut std::io::stdout(),
            );
            Ok(Outcome::silent(Code::Well))
        }
    }
}
