//! The memory engines of Cachery: bounded, with typed values.
//!
//! An engine keeps the bounds, gives memory back and tells why an entry left. Whether an entry may
//! answer a call is the core's decision, by the entry's timeline and on the registry's clock.
//! Depend on `cachery`, not on this crate.
//!
//! `S3Fifo` is a table of our own, for hits: they take no lock that a fill waits for, and write to
//! nothing but what they read. `Moka` is the crate of that name.

mod moka;
mod s3_fifo;

use cachery_core::{Engine, MEMORY_BACKENDS, MemoryBackend};
use linkme::distributed_slice;

/// Announces the table to the core of whatever program links it.
#[distributed_slice(MEMORY_BACKENDS)]
static S3_FIFO: MemoryBackend = MemoryBackend { engine: Engine::S3Fifo, open: s3_fifo::open };

/// Announces moka to the core of whatever program links it.
#[distributed_slice(MEMORY_BACKENDS)]
static MOKA: MemoryBackend = MemoryBackend { engine: Engine::Moka, open: moka::open };
