//! The memory of a cache: typed entries by key, in this process.
//!
//! [`Memory`] is what a cache uses. An engine, which a crate of its own provides, keeps the entries
//! and their bounds.

mod changes;
#[cfg(test)]
pub(crate) mod fake;
mod store;
mod tier;

pub(crate) use changes::Lookup;
pub(crate) use store::Memory;
pub use tier::{
    Bounds, DropCause, Left, MEMORY_BACKENDS, MemoryBackend, MemoryOptions, MemoryTier, NoMemory,
    OnDrop,
};
