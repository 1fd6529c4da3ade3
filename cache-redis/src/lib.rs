//! The remote tier of Cachery, on Redis: bytes by digest, shared by all processes. Depend on `cachery`, not on this crate.
//!
//! It reads downwards: the `tier` makes requests of what the core asks for, by `scripts` where something must happen at once or not at all;
//! `names` has the text of keys and `envelope` what is stored under them; a `lease` is the right to load for all; the `node` remembers
//! what must be told and hears what others tell. Below are the connections: `servers` knows which server has a key, a `server` has
//! its lanes, its breaker and its link, and all of them are kept by the `manager`'s thread.

mod access;
mod breaker;
mod envelope;
mod journal;
mod lease;
mod manager;
mod names;
mod node;
mod requests;
mod scripts;
mod server;
mod servers;
mod tier;
mod url;

use std::sync::Arc;

use cachery_core::remote::{REMOTE_BACKENDS, RemoteBackend, RemoteOptions, RemoteTier};
use linkme::distributed_slice;

/// Announces this backend to the core of whatever program links it.
#[distributed_slice(REMOTE_BACKENDS)]
static REDIS: RemoteBackend = RemoteBackend { check: servers::check, open };

fn open(options: RemoteOptions) -> Result<Arc<dyn RemoteTier>, String> {
    Ok(Arc::new(tier::Tier::open(options)?))
}
