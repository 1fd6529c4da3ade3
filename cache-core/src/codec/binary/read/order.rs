//! Compares what was written without regard to the order of maps and sets.

use super::Reader;
use crate::codec::binary::{
    error::Error,
    tag::{BYTE_SEQ, MAP, SEQ, WIDE},
};

/// Returns whether two written values are the same but for the order of entries in maps and of
/// elements in sequences: to serde a `HashSet` is a sequence, and two equal ones may differ in
/// their order. The order in tuples and arrays counts.
pub(in crate::codec) fn same_but_for_order(left: &[u8], right: &[u8], depth: usize) -> bool {
    left.len() == right.len()
        && ordered(left, depth)
            .is_ok_and(|left| ordered(right, depth).is_ok_and(|right| left == right))
}

/// Returns a written value with the parts of its maps and sequences sorted.
fn ordered(bytes: &[u8], depth: usize) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(bytes.len());
    // The name of a variant counts for a level here.
    copy_ordered(&mut Reader::new(bytes, depth + 1), &mut out)?;
    Ok(out)
}

/// Copies a value, in its order or sorted.
fn copy_ordered(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let head = out.len();
    let (tag, values) = copy_head(reader, out)?;
    match tag & !WIDE {
        SEQ => copy_sorted(reader, out, values, 1),
        MAP => copy_sorted(reader, out, values / 2, 2),
        BYTE_SEQ => {
            let count = if tag & WIDE == 0 { 1 } else { 4 };
            out[head + 1 + count..].sort_unstable();
            Ok(())
        }
        _ => copy_parts(reader, out, values),
    }
}

/// Copies a tag and the bytes that belong to it. Returns the tag and the number of values that
/// follow.
fn copy_head(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(u8, u64), Error> {
    let before = reader.input;
    let tag = reader.peek().ok_or(Error::Malformed)?;
    let values = reader.skip_head()?;
    out.extend_from_slice(&before[..before.len() - reader.input.len()]);
    Ok((tag, values))
}

fn copy_parts(reader: &mut Reader<'_>, out: &mut Vec<u8>, parts: u64) -> Result<(), Error> {
    if parts == 0 {
        return Ok(());
    }
    reader.enter()?;
    (0..parts).try_for_each(|_| copy_ordered(reader, out))?;
    reader.leave();
    Ok(())
}

/// Copies `parts` parts of `size` values each, sorted.
fn copy_sorted(
    reader: &mut Reader<'_>,
    out: &mut Vec<u8>,
    parts: u64,
    size: u64,
) -> Result<(), Error> {
    let mut sorted = Vec::new();
    for _ in 0..parts {
        let mut part = Vec::new();
        copy_parts(reader, &mut part, size)?;
        sorted.push(part);
    }
    sorted.sort_unstable();
    out.extend(sorted.into_iter().flatten());
    Ok(())
}
