//! Writes values.

mod compound;
mod serializer;

use serde::Serialize;

use self::compound::Compound;
use super::{
    Bounds,
    error::Error,
    tag::{BYTES, CHAR, SEQ, SHORT_MAX, SHORT_STR, SIGNED, STR, TUPLE, U8, UNSIGNED, WIDE, int},
};

/// Returns `value` as bytes.
pub(in crate::codec) fn write<V: Serialize + ?Sized>(
    value: &V,
    bounds: Bounds,
) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new(bounds);
    let written = value.serialize(&mut writer);
    writer.finish(written)
}

/// Room for most values, so that they are written without moving.
const FIRST_CAPACITY: usize = 128;

/// The bytes written so far.
struct Writer {
    out: Vec<u8>,
    bounds: Bounds,
    /// The number of values around the one that is written next.
    depth: usize,
    /// The start of the innermost sequence's elements, while each of them was a `u8`: they are
    /// written without their tags.
    packed: Option<usize>,
    /// The first error. It is kept because a `Serialize` by hand may drop it, and half a value
    /// stands in `out`.
    error: Option<Error>,
}

impl Writer {
    fn new(bounds: Bounds) -> Self {
        Self {
            out: Vec::with_capacity(FIRST_CAPACITY),
            bounds,
            depth: 0,
            packed: None,
            error: None,
        }
    }

    fn finish(mut self, written: Result<(), Error>) -> Result<Vec<u8>, Error> {
        self.expect(0)?;
        self.error.map_or(written, Err)?;
        Ok(self.out)
    }

    /// Keeps the first error.
    fn fail(&mut self, error: Error) -> Error {
        *self.error.get_or_insert(error)
    }

    /// Begins a value that holds others.
    #[inline]
    fn enter(&mut self) -> Result<(), Error> {
        if self.depth == self.bounds.depth {
            return Err(self.fail(Error::TooDeep));
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Fails unless `more` bytes may still be written.
    #[inline]
    fn expect(&mut self, more: usize) -> Result<(), Error> {
        if self.out.len().saturating_add(more) > self.bounds.size {
            return Err(self.fail(Error::TooLarge));
        }
        Ok(())
    }

    /// Begins every value but a `u8`.
    #[inline]
    fn tag(&mut self, tag: u8) {
        if self.packed.is_some() {
            self.unpack();
        }
        self.out.push(tag);
    }

    /// Gives the `u8`s of the innermost sequence their tags, because something else follows.
    #[cold]
    fn unpack(&mut self) {
        let Some(start) = self.packed.take() else { return };
        let bytes = self.out.split_off(start);
        self.out.extend(bytes.iter().flat_map(|&byte| [U8, byte]));
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        if self.packed.is_none() {
            self.out.push(U8);
        }
        self.out.push(byte);
    }

    /// Writes an unsigned integer of the type with the logarithm `of_type`, in as few bytes as hold
    /// it.
    #[inline]
    fn unsigned(&mut self, of_type: u8, number: u64) {
        let width = match number {
            0..=0xff => 0,
            0x100..=0xffff => 1,
            0x1_0000..=0xffff_ffff => 2,
            _ => 3,
        };
        self.number(UNSIGNED + int(of_type, width), width, number.to_le_bytes());
    }

    /// Writes a signed integer alike, in two's complement.
    #[inline]
    fn signed(&mut self, of_type: u8, number: i64) {
        let width = match number {
            -0x80..=0x7f => 0,
            -0x8000..=0x7fff => 1,
            -0x8000_0000..=0x7fff_ffff => 2,
            _ => 3,
        };
        self.number(SIGNED + int(of_type, width), width, number.to_le_bytes());
    }

    /// Writes the lower bytes of a number. Each width is a case of its own, so that none is copied
    /// in a loop.
    #[inline]
    fn number(&mut self, tag: u8, width: u8, [a, b, c, d, rest @ ..]: [u8; 8]) {
        match width {
            0 => self.fixed(tag, [a]),
            1 => self.fixed(tag, [a, b]),
            2 => self.fixed(tag, [a, b, c, d]),
            _ => {
                self.fixed(tag, [a, b, c, d]);
                self.out.extend_from_slice(&rest);
            }
        }
    }

    #[inline]
    fn fixed<const N: usize>(&mut self, tag: u8, bytes: [u8; N]) {
        self.out.reserve(1 + N);
        self.tag(tag);
        self.out.extend_from_slice(&bytes);
    }

    fn char(&mut self, char: char) {
        self.fixed(CHAR, u32::from(char).to_le_bytes());
    }

    #[inline]
    fn str(&mut self, text: &str) -> Result<(), Error> {
        match u8::try_from(text.len()) {
            Ok(short) if text.len() <= SHORT_MAX => {
                self.out.reserve(1 + text.len());
                self.tag(SHORT_STR | short);
                self.out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            _ => self.counted(STR, text.as_bytes()),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.counted(BYTES, bytes)
    }

    fn counted(&mut self, tag: u8, bytes: &[u8]) -> Result<(), Error> {
        self.expect(bytes.len())?;
        self.count(tag, Some(bytes.len()))?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes a tag and its count; a wide one where the count is not known yet. Returns where the
    /// tag stands.
    fn count(&mut self, tag: u8, count: Option<usize>) -> Result<usize, Error> {
        self.tag(tag);
        let start = self.out.len() - 1;
        if let Some(Ok(narrow)) = count.map(u8::try_from) {
            self.out.push(narrow);
            return Ok(start);
        }
        let Ok(wide) = u32::try_from(count.unwrap_or_default()) else {
            return Err(self.fail(Error::TooLarge));
        };
        self.out[start] |= WIDE;
        self.out.extend_from_slice(&wide.to_le_bytes());
        Ok(start)
    }

    /// Begins a value of several parts.
    fn begin(&mut self, tag: u8, count: Option<usize>) -> Result<Compound<'_>, Error> {
        self.enter()?;
        // Each part takes a byte at least.
        self.expect(count.unwrap_or_default())?;
        let start = self.count(tag, count)?;
        if matches!(tag, SEQ | TUPLE) {
            self.packed = Some(self.out.len());
        }
        Ok(Compound::new(self, start))
    }
}
