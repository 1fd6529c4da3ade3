//! The `MessagePack` codec.

use serde::{Serialize, de::DeserializeOwned};

use super::outcome::{Undecodable, Unstorable};

pub(super) fn write<V: Serialize>(value: &V, size: usize) -> Result<Vec<u8>, Unstorable> {
    let written = rmp_serde::to_vec_named(value).map_err(|_| Unstorable::NotSerializable)?;
    if written.len() > size { Err(Unstorable::TooLarge) } else { Ok(written) }
}

pub(super) fn read<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, Undecodable> {
    rmp_serde::from_slice(bytes).map_err(|_| Undecodable::Corrupt)
}
