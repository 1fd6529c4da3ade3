//! Two processes share a cache in Redis: one of them is killed, then Redis is, and no call fails.
//!
//! Run it with `cargo run --features redis --example redis`; it starts a `redis-server` of its own
//! unless `REDIS_URL` says where one is. `-- --help` explains the rest.

mod messages;
mod node;
mod process;
mod story;
mod table;

use std::{process::ExitCode, time::Duration};

use cachery::cached;
use clap::Parser;

/// The time that the slow function takes.
const SLOW: Duration = Duration::from_millis(400);

/// The slow function. `tiered`: memory in front, Redis behind it, shared by all processes.
#[cached(name = "report", ttl = "1m", backend = "tiered")]
async fn report(id: u64) -> String {
    tokio::time::sleep(SLOW).await;
    format!("report {id}")
}

/// Shows two processes that share a cache in Redis, while one of them and Redis are killed.
///
/// The processes, A and B, are this program again. They call one function, which
/// takes 400 ms and is cached with `backend = "tiered"`. Each line is one call: who
/// called, what was asked for, who served it - memory, Redis or the function - and
/// how long that took. It takes about 8 seconds and ends with a table.
///
/// With `REDIS_URL` (or `CACHE_REDIS_URL`) it uses the Redis there, under keys of its
/// own that end within a minute, and does not kill it. Otherwise it starts a
/// `redis-server` on a free port.
#[derive(Parser)]
#[command(
    name = "redis",
    override_usage = "cargo run --features redis --example redis",
    verbatim_doc_comment
)]
struct Options {
    /// Be one of the processes
    #[arg(long, hide = true)]
    node: Option<char>,
}

fn main() -> ExitCode {
    let told = match Options::parse().node {
        Some(name) => node::serve(name),
        None => story::tell(),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("redis: {message}");
            ExitCode::from(2)
        }
    }
}
