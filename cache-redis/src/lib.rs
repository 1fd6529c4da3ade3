//! The remote tier of Cachery, on Redis: bytes by digest, shared by all processes. Depend on `cachery`, not on this crate.
//!
//! It reads downwards: the `tier` makes requests of what the core asks for, by `scripts` where something must happen at once or not at all;
//! `names` has the text of keys and `envelope` what is stored under them; a `lease` is the right to load for all; the `node` remembers
//! what must be told and hears what others tell. Below are the connections: `servers` knows which server has a key, a `server` has
//! its lanes, its breaker and its link, and all of them are kept by the `manager`'s thread.

mod cluster;
mod connection;
mod envelope;
mod journal;
mod lease;
mod manager;
mod names;
mod node;
mod open_error;
mod requests;
mod scripts;
mod server;
mod servers;
mod slots;
mod tier;

use std::sync::Arc;

use cachery_core::remote::{REMOTE_BACKENDS, RemoteBackend, RemoteOptions, RemoteTier, Target};
use linkme::distributed_slice;

/// Announces this backend to the core of whatever program links it.
#[distributed_slice(REMOTE_BACKENDS)]
static REDIS: RemoteBackend = RemoteBackend { check, open };

fn check(target: &Target) -> Result<(), String> {
    servers::check(target).map_err(|error| error.to_string())
}

fn open(options: RemoteOptions) -> Result<Arc<dyn RemoteTier>, String> {
    match tier::Tier::open(options) {
        Ok(tier) => Ok(Arc::new(tier)),
        Err(error) => Err(error.to_string()),
    }
}
