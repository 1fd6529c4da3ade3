//! Keys: the encoding of arguments into bytes, and the keys that lookups and tiers hold.
//!
//! [`CacheKey`] values are written one after the other into a [`KeyEncoder`], which ends in a
//! [`Key`]: the key of a lookup. A [`StoredKey`] is the same key as a tier keeps it. Nothing on the
//! way to a `Key` allocates.

mod digest;
mod encode;
mod finished;
mod fnv;
mod impls;
pub(crate) mod requirements;
mod stored;
mod types;

pub use digest::Digest;
#[doc(hidden)]
pub use encode::{Apart, KeyInPlace};
pub use encode::{CacheKey, KeyEncoder};
pub use finished::Key;
pub use fnv::shape;
pub use stored::{HashedKey, KeyHasher, StoredKey};
pub use types::TypeName;
pub(crate) use types::Types;
