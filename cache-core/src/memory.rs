//! The memory of a cache: typed entries by key, in this process.
//!
//! [`Memory`] is what a cache uses. An engine, which a crate of its own provides, keeps the entries
//! and their bounds.

mod changes;
#[cfg(test)]
pub(crate) mod fake;
mod held_bytes;
mod store;
mod tier;
mod together;

pub(crate) use changes::Lookup;
pub use held_bytes::HeldBytes;
pub(crate) use store::Memory;
pub use tier::{
    Bounds, DropCause, Left, MEMORY_BACKENDS, MemoryBackend, MemoryOptions, MemoryTier, NoMemory,
    OnDrop,
};
pub(crate) use together::Together;
