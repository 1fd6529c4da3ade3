//! The memory tier of Cachery, on moka: bounded, typed values, per-entry expiry.
//!
//! moka keeps capacity (`TinyLFU`), ends entries by real time and tells why each left; whether an entry may answer a call is
//! the core's decision, on the registry's clock. Depend on `cachery`, not on this crate.

mod expiry;
mod tier;

use cache_core::{MEMORY_BACKENDS, MemoryBackend};
use linkme::distributed_slice;

/// Announces this backend to the core of whatever program links it.
#[distributed_slice(MEMORY_BACKENDS)]
static MOKA: MemoryBackend = MemoryBackend { open: tier::open };
