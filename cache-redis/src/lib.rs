//! The remote tier of Cachery, on Redis: bytes by digest, shared by all processes. Depend on
//! `cachery`, not on this crate.
//!
//! It reads downwards, and no module knows one that stands above it:
//!
//! | module | holds |
//! |---|---|
//! | `tier` | the operations that the core asks for, the node and its journal, the text of keys and the stored form of values |
//! | `servers` | all servers of a registry: which of them gets a request |
//! | `cluster` | the masters of a Redis Cluster |
//! | `server` | one server: its connections, its breaker, its link, its health |
//! | `connection` | a target's URL and files, the way to a server, and a session with it |
//! | `manager`, `slots` | the thread that keeps the connections; the slots of a Cluster |

mod cluster;
mod connection;
mod manager;
mod open_error;
mod server;
mod servers;
mod slots;
mod tier;

use std::sync::Arc;

use cachery_core::remote::{REMOTE_BACKENDS, RemoteBackend, RemoteOptions, RemoteTier, Target};
use linkme::distributed_slice;

use self::{open_error::OpenError, tier::Tier};

/// Announces this backend to the core of the program that links it.
#[distributed_slice(REMOTE_BACKENDS)]
static REDIS: RemoteBackend = RemoteBackend { check, open, beside_runtime: manager::within };

fn check(target: &Target) -> Result<(), String> {
    servers::check(target).map_err(text)
}

fn open(options: RemoteOptions) -> Result<Arc<dyn RemoteTier>, String> {
    let tier = Tier::open(options).map_err(text)?;
    Ok(Arc::new(tier))
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over results")]
fn text(error: OpenError) -> String {
    error.to_string()
}
