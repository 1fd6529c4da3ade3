//! Short ways for values that are read as the type that they were written as, nearly all. Where one
//! finds something else, it leaves it.

use super::Reader;
use crate::codec::binary::{
    error::Error,
    tag::{SHORT_STR, SIGNED, STR, UNSIGNED, WIDE, int},
};

/// Takes an unsigned integer of the type with the logarithm `of_type`.
#[inline]
pub(super) fn unsigned(reader: &mut Reader<'_>, of_type: u8) -> Option<u64> {
    let (width, bytes) = int_width(reader, UNSIGNED, of_type)?;
    let (number, rest) = match width {
        0 => split(bytes, |number| u8::from_le_bytes(number).into()),
        1 => split(bytes, |number| u16::from_le_bytes(number).into()),
        2 => split(bytes, |number| u32::from_le_bytes(number).into()),
        _ => split(bytes, u64::from_le_bytes),
    }?;
    reader.input = rest;
    Some(number)
}

/// Takes a signed integer alike.
#[inline]
pub(super) fn signed(reader: &mut Reader<'_>, of_type: u8) -> Option<i64> {
    let (width, bytes) = int_width(reader, SIGNED, of_type)?;
    let (number, rest) = match width {
        0 => split(bytes, |number| i8::from_le_bytes(number).into()),
        1 => split(bytes, |number| i16::from_le_bytes(number).into()),
        2 => split(bytes, |number| i32::from_le_bytes(number).into()),
        _ => split(bytes, i64::from_le_bytes),
    }?;
    reader.input = rest;
    Some(number)
}

/// Returns the width of the integer that comes next and the input behind its tag.
#[inline]
fn int_width<'de>(reader: &Reader<'de>, first: u8, of_type: u8) -> Option<(u8, &'de [u8])> {
    if reader.packed {
        return None;
    }
    let (tag, bytes) = reader.input.split_first()?;
    let width = tag.wrapping_sub(first + int(of_type, 0));
    (width <= of_type).then_some((width, bytes))
}

/// Takes the bytes behind `tag`.
#[inline]
pub(super) fn fixed<const N: usize>(reader: &mut Reader<'_>, tag: u8) -> Option<[u8; N]> {
    let (next, bytes) = reader.input.split_first()?;
    if reader.packed || *next != tag {
        return None;
    }
    let (fixed, rest) = bytes.split_first_chunk()?;
    reader.input = rest;
    Some(*fixed)
}

/// Takes a string.
#[inline]
pub(super) fn str<'de>(reader: &mut Reader<'de>) -> Result<Option<&'de str>, Error> {
    match reader.peek() {
        Some(tag) if tag >= SHORT_STR || tag & !WIDE == STR => {
            reader.tag()?;
            reader.text(tag).map(Some)
        }
        _ => Ok(None),
    }
}

#[inline]
fn split<const N: usize, T>(bytes: &[u8], number: impl FnOnce([u8; N]) -> T) -> Option<(T, &[u8])> {
    let (first, rest) = bytes.split_first_chunk()?;
    Some((number(*first), rest))
}
