//! One of the processes: it serves the requests on its standard input, until that ends.

use std::{
    io::{self, BufRead as _, Write as _},
    time::{Duration, Instant},
};

use cachery::{Caches, health::Status};

use crate::{
    messages::{Reply, Request, Source},
    report,
};

/// The time in which Redis must recover: longer than any pause between attempts to connect.
const PATIENCE: Duration = Duration::from_secs(8);

/// The time that the end of a process may take: orchestrators kill after 10 s or more.
const LAST_MOMENT: Duration = Duration::from_secs(5);

pub(crate) fn serve(name: char) -> Result<(), String> {
    log(name);
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(install()).map_err(|error| error.to_string())?;
    #[cfg(unix)]
    runtime.spawn(end_on_sigterm());
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let request = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let reply = runtime.block_on(reply(request));
        let reply = serde_json::to_string(&reply).map_err(|error| error.to_string())?;
        writeln!(io::stdout(), "{reply}").map_err(|error| error.to_string())?;
    }
    runtime.block_on(shut_down());
    Ok(())
}

/// Ends the process on `SIGTERM`, as orchestrators send it before they kill.
#[cfg(unix)]
async fn end_on_sigterm() {
    use tokio::signal::unix::{SignalKind, signal};

    let Ok(mut sigterm) = signal(SignalKind::terminate()) else { return };
    sigterm.recv().await;
    shut_down().await;
    std::process::exit(0);
}

/// Finishes what is queued for Redis. What is lost is logged.
async fn shut_down() {
    Caches::current().shutdown(LAST_MOMENT).await;
}

/// Prints the log lines of Cachery, as any program would.
fn log(name: char) {
    let line = tracing_subscriber::fmt::format()
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .compact();
    tracing_subscriber::fmt()
        .event_format(line)
        .with_writer(move || Named(name))
        .with_max_level(tracing::Level::INFO)
        .init();
}

/// Standard error, with the name of the process before each line.
struct Named(char);

impl io::Write for Named {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut named = format!("  {}  log:", self.0).into_bytes();
        named.extend_from_slice(line);
        io::stderr().write_all(&named)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

async fn install() -> Result<(), Box<dyn std::error::Error>> {
    Caches::from_env().await?.install()?;
    Ok(())
}

async fn reply(request: Request) -> Reply {
    let began = Instant::now();
    let source = match request {
        Request::Call(id) => call(id).await,
        Request::Invalidate(id) => report::invalidate(id).await.into(),
        Request::Recover => recover(began).await,
    };
    Reply { source, took: began.elapsed() }
}

/// Calls the function, and finds the origin of its value in the statistics of the cache.
async fn call(id: u64) -> Source {
    let before = report::cache().stats();
    report(id).await;
    let counted = report::cache().stats().since(&before);
    match (counted.loads, counted.remote.hits) {
        (1.., _) => Source::Function,
        (_, 1..) => Source::Redis,
        _ => Source::Memory,
    }
}

async fn recover(began: Instant) -> Source {
    while Caches::current().health().await.status != Status::Up {
        if began.elapsed() > PATIENCE {
            return Source::Unwell;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Source::Recovered
}
