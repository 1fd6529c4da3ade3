//! The memory of a cache: typed entries by key, in this process.
//!
//! [`Memory`] is what a cache uses. It looks into this thread's cache first, then into the tier,
//! which a backend provides and which can be replaced by one of another size while calls run.

mod store;
#[cfg(test)]
pub(crate) mod tests;
mod thread_cache;
mod tier;
mod tiers;

pub(crate) mod popularity;

pub(crate) use store::Memory;
pub(crate) use thread_cache::Lookup;
pub use tier::{
    DropCause, MEMORY_BACKENDS, MemoryBackend, MemoryOptions, MemoryTier, NoMemory, OnDrop,
};
pub(crate) use tiers::Shape;
