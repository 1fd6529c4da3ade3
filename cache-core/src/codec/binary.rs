//! The binary codec: all that a type shows to serde comes back as it was.
//!
//! Each value is a tag and the bytes that belong to it; the values that it holds follow. Fields and
//! variants stand by their names, so that fields may be added, removed and put into another order.
//! Values that other formats mix up have tags of their own: `()`, `None` and `Some(None)`, strings and
//! variants, integers of each width, bytes and sequences.

mod error;
mod read;
mod seal;
mod tag;
mod write;

pub(super) use self::{
    error::Error,
    read::{read, same_but_for_order},
    seal::{SEAL, open, seal},
    write::write,
};

/// The bounds of a written value.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// The most values around a value: options, newtypes, sequences, maps, structs and variants.
    pub(super) depth: usize,
    /// The most bytes.
    pub(super) size: usize,
}

#[cfg(test)]
mod tests;
