//! The last bytes of a stored value: the number of fields that its type missed when the writer read
//! it back.
//!
//! Serde gives a missing field its default, if it has one. A value of an earlier release would so
//! come back with a default in a field that the release did not know, where the function now
//! returns something else. A reader that misses more fields than the writer did has another type.

/// The number of bytes of a seal.
pub(in crate::codec) const SEAL: usize = 4;

/// Appends the seal to a written value.
pub(in crate::codec) fn seal(written: &mut Vec<u8>, missing: i64) {
    written.extend_from_slice(&narrow(missing).to_le_bytes());
}

/// Takes the seal off a stored value. Returns what was written and the number of missing fields.
pub(in crate::codec) fn open(stored: &[u8]) -> Option<(&[u8], i64)> {
    let (written, seal) = stored.split_last_chunk::<SEAL>()?;
    Some((written, i32::from_le_bytes(*seal).into()))
}

/// Some four billion fields tell nothing more than two billion.
fn narrow(missing: i64) -> i32 {
    i32::try_from(missing).unwrap_or(if missing < 0 { i32::MIN } else { i32::MAX })
}
