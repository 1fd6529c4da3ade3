//! A node of its own that connects, stores a value and reads it back.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use cachery::{
    Caches, cached,
    config::CachesBuilder,
    health::{Health, Push, Reason, Status},
};
use cachery_core::Preview;

use super::{server::SLOW, settings};

/// The longest wait until a server is connected and its link is up.
const CONNECTS_WITHIN: Duration = Duration::from_secs(4);
/// The pause between two looks at the health.
const PAUSE: Duration = Duration::from_millis(100);
/// The most looks at a round trip that is long.
const LOOKS: usize = 20;
/// The longest wait for the last requests.
const ENDS_WITHIN: Duration = Duration::from_secs(2);
/// The time that a request has: a check may wait longer than a call.
const PATIENCE: Duration = Duration::from_secs(1);

/// The value that a check stores, by a key of the process and the moment.
#[cached(name = "cachery-check", ttl = "1m", backend = "redis")]
async fn stored(process: u32, nanos: u64) -> u64 {
    u64::from(process) ^ nanos
}

/// The outcome of a probe.
pub(super) struct Probe {
    /// The health of the servers after a value was stored there.
    pub(super) health: Health,
    /// True when the value was read back.
    pub(super) is_stored: bool,
}

/// Connects as `builder` says, stores a value and reads it back.
pub(super) fn run(builder: CachesBuilder, preview: &Preview) -> Result<Probe, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime can be started: {error}"))?;
    let journal = Journal::beside(preview);
    let builder = match &journal {
        Some(Journal(path)) => builder.journal(path.display().to_string()),
        None => builder,
    };
    // A Redis that is required and away is what the check shows.
    let builder = builder.enabled(true).required(false).remote_deadline(PATIENCE);
    let builder = builder.external(preview.external.clone());
    runtime.block_on(async {
        let caches = builder.build().await.map_err(|error| error.to_string())?;
        let probe = caches.scope(store()).await;
        caches.shutdown(ENDS_WITHIN).await;
        Ok(probe)
    })
}

/// Stores a value, and looks at the health after that.
async fn store() -> Probe {
    let health = settled().await;
    if health.status == Status::Down {
        return Probe { health, is_stored: false };
    }
    let process = std::process::id();
    let nanos = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().subsec_nanos();
    stored::put(process, u64::from(nanos), 1).await;
    let is_stored = stored::peek(process, u64::from(nanos)).await == Some(1);
    // What was refused is replayed, and the reason of that is in the health.
    let health = if is_stored { settled().await } else { refused().await };
    if is_stored {
        stored::invalidate(process, u64::from(nanos)).await;
    }
    let health = if is_stored { at_its_best(health).await } else { health };
    Probe { health, is_stored }
}

/// Returns the health once each server is connected and pushes, or has a reason not to.
async fn settled() -> Health {
    waited(|health| {
        health.servers.iter().all(|server| match server.reason {
            Some(reason) => reason != Reason::Connecting,
            None => server.push != Push::Down && server.version.is_some(),
        })
    })
    .await
}

/// Returns the health once a server says why it refuses.
async fn refused() -> Health {
    waited(|health| health.servers.iter().any(|server| server.reason.is_some())).await
}

/// Looks again for as long as a round trip is long, and keeps the shortest: one alone may have met
/// other work of this machine.
async fn at_its_best(mut health: Health) -> Health {
    for _ in 0..LOOKS {
        if health.servers.iter().all(|server| server.round_trip <= Some(SLOW)) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        let again = Caches::current().health().await;
        for (server, again) in health.servers.iter_mut().zip(&again.servers) {
            server.round_trip = [server.round_trip, again.round_trip].into_iter().flatten().min();
        }
    }
    health
}

async fn waited(is_told: impl Fn(&Health) -> bool) -> Health {
    let end = Instant::now() + CONNECTS_WITHIN;
    loop {
        let health = Caches::current().health().await;
        if is_told(&health) || Instant::now() >= end {
            return health;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A journal for the time of the check, in place of the service's own, which only the service may
/// read.
struct Journal(PathBuf);

impl Journal {
    fn beside(preview: &Preview) -> Option<Self> {
        let journal = settings::setting(preview, "journal")?;
        if journal.source == "built-in" {
            return None;
        }
        let name = format!("cachery-check-{}.journal", std::process::id());
        Some(Self(std::env::temp_dir().join(name)))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_file(&self.0);
    }
}
