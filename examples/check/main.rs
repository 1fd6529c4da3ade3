//! Checks the Redis that this environment names. Run it with `cargo run --features redis --example
//! check`; a program of yours gets the same by `Caches::current().health()`.

mod rows;

use std::process::ExitCode;

use cachery::{Caches, Error, cached, config::FaultKind, health::Status};
use clap::Parser;
use serde_json::{Value, json};

/// A cache with the settings that the environment has for all caches.
#[cached(name = "check", ttl = "1m")]
async fn check() -> u64 {
    0
}

/// Connects to Redis as the environment says, and shows its health row by row.
///
/// A row that begins with `!` is bad, and the lines below it say what to do. Set
/// what your program is started with: CACHE_TYPE=redis or CACHE_TYPE=tiered,
/// REDIS_URL, and the rest.
#[expect(clippy::doc_markdown, reason = "this is printed by --help")]
#[derive(Parser)]
#[command(
    name = "check",
    override_usage = "cargo run --features redis --example check -- [--json]",
    after_help = "Exit code: 0 up, 1 degraded or down, 2 wrong settings.",
    verbatim_doc_comment
)]
struct Options {
    /// Print one JSON value
    #[arg(long)]
    json: bool,
}

/// The result, for people and for programs.
struct Verdict {
    text: String,
    json: Value,
    code: u8,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let verdict = match Caches::from_env().await {
        Ok(caches) => caches.scope(look()).await,
        Err(error) => refused(&error),
    };
    if options.json {
        println!("{:#}", verdict.json);
    } else {
        println!("{}", verdict.text);
    }
    ExitCode::from(verdict.code)
}

async fn look() -> Verdict {
    let health = Caches::current().health().await;
    if health.servers.is_empty() {
        return idle();
    }
    Verdict {
        text: rows::of(&health),
        code: u8::from(health.status != Status::Up),
        json: json!(health),
    }
}

/// Without a remote tier there is nothing to check, which is a failure for a check.
fn idle() -> Verdict {
    let text = "no cache uses Redis: set CACHE_TYPE=tiered (or redis), and REDIS_URL, for example redis://localhost:6379";
    Verdict { text: text.to_owned(), json: json!({ "error": text }), code: 2 }
}

/// Explains why the caches could not be built. A required Redis that is out of reach is not a wrong
/// setting.
fn refused(error: &Error) -> Verdict {
    let down = error.faults().iter().all(|fault| fault.kind == FaultKind::Unreachable);
    let code = if down { 1 } else { 2 };
    Verdict { text: error.to_string(), json: json!({ "faults": error.faults() }), code }
}
