//! The memory tier of Cachery, on moka: bounded, with typed values.
//!
//! moka keeps capacity (`TinyLFU`), gives the memory of old entries back and tells why each left. Whether an entry may answer
//! a call is the core's decision, by the entry's timeline and on the registry's clock. Depend on `cachery`, not on this crate.

mod tier;

use cachery_core::{MEMORY_BACKENDS, MemoryBackend};
use linkme::distributed_slice;

/// Announces this backend to the core of whatever program links it.
#[distributed_slice(MEMORY_BACKENDS)]
static MOKA: MemoryBackend = MemoryBackend { open: tier::open };
