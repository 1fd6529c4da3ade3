//! Reads values, from bytes that anybody may have written.

mod access;
mod deserializer;
mod order;
mod own;
mod scalar;

use std::marker::PhantomData;

use serde::{
    Deserialize,
    de::{DeserializeSeed, Visitor},
};

pub(in crate::codec) use self::order::same_but_for_order;
use self::{
    access::{Elements, Entries, Variant},
    scalar::Scalar,
};
use super::{
    error::Error,
    tag::{
        BYTE_SEQ, BYTE_TUPLE, BYTES, LEFT_OUT, MAP, SEQ, SHORT_MAX, SHORT_STR, SOME, STR, TUPLE,
        U8, UNIT_VARIANT, VARIANT, WIDE,
    },
};

/// A value that was read.
pub(in crate::codec) struct Read<V> {
    pub(in crate::codec) value: V,
    /// The number of fields that the value's type asked for and the writer did not know, plus what
    /// the type asks for under several names: compared only with that of another reading.
    pub(in crate::codec) missing: i64,
}

/// Returns the value that was written as `bytes`, all of them, and is at most `depth` deep.
pub(in crate::codec) fn read<'de, V: Deserialize<'de>>(
    bytes: &'de [u8],
    depth: usize,
) -> Result<Read<V>, Error> {
    read_seed(PhantomData::<V>, bytes, depth)
}

/// Returns the value that `seed` makes of `bytes`.
pub(super) fn read_seed<'de, S: DeserializeSeed<'de>>(
    seed: S,
    bytes: &'de [u8],
    depth: usize,
) -> Result<Read<S::Value>, Error> {
    let mut reader = Reader::new(bytes, depth);
    let read = seed.deserialize(&mut reader);
    if reader.too_deep {
        return Err(Error::TooDeep);
    }
    let value = read?;
    if reader.input.is_empty() {
        Ok(Read { value, missing: reader.missing })
    } else {
        Err(Error::Malformed)
    }
}

/// The bytes that are still to be read.
struct Reader<'de> {
    input: &'de [u8],
    /// The number of values that may still be nested.
    levels: usize,
    /// The value is nested too deeply. It is kept because a `Deserialize` by hand may replace the
    /// error.
    too_deep: bool,
    /// The next value is a `u8` without its tag.
    packed: bool,
    /// The fields that structs asked for, less those that the writer knew.
    missing: i64,
}

impl<'de> Reader<'de> {
    fn new(input: &'de [u8], depth: usize) -> Self {
        Self { input, levels: depth, too_deep: false, packed: false, missing: 0 }
    }

    #[inline]
    fn take(&mut self, count: usize) -> Result<&'de [u8], Error> {
        let (taken, rest) = self.input.split_at_checked(count).ok_or(Error::Malformed)?;
        self.input = rest;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.input.split_first_chunk().ok_or(Error::Malformed)?;
        self.input = rest;
        Ok(*taken)
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, Error> {
        self.array().map(|[byte]| byte)
    }

    /// Takes the next value's tag. A packed byte has none, and its own comes next.
    #[inline]
    fn tag(&mut self) -> Result<u8, Error> {
        if std::mem::take(&mut self.packed) { Ok(U8) } else { self.byte() }
    }

    /// Returns the next value's tag and leaves it there.
    #[inline]
    fn peek(&self) -> Option<u8> {
        if self.packed { Some(U8) } else { self.input.first().copied() }
    }

    /// Begins a value that holds others.
    #[inline]
    fn enter(&mut self) -> Result<(), Error> {
        let Some(levels) = self.levels.checked_sub(1) else {
            self.too_deep = true;
            return Err(Error::TooDeep);
        };
        self.levels = levels;
        Ok(())
    }

    #[inline]
    fn leave(&mut self) {
        self.levels += 1;
    }

    /// Reads the count behind `tag`. Whatever is counted takes a byte at least, so a count beyond
    /// the input is a lie.
    #[inline]
    fn count(&mut self, tag: u8) -> Result<usize, Error> {
        let count = if tag & WIDE == 0 {
            usize::from(self.byte()?)
        } else {
            usize::try_from(u32::from_le_bytes(self.array()?)).map_err(|_| Error::Malformed)?
        };
        if count > self.input.len() { Err(Error::Malformed) } else { Ok(count) }
    }

    /// Reads the string behind `tag`.
    #[inline]
    fn text(&mut self, tag: u8) -> Result<&'de str, Error> {
        let length = match tag {
            SHORT_STR.. => usize::from(tag) & SHORT_MAX,
            _ if tag & !WIDE == STR => self.count(tag)?,
            _ => return Err(Error::Malformed),
        };
        std::str::from_utf8(self.take(length)?).map_err(|_| Error::Malformed)
    }

    /// Reads the bytes behind `tag`, which has a count.
    fn bytes(&mut self, tag: u8) -> Result<&'de [u8], Error> {
        let count = self.count(tag)?;
        self.take(count)
    }

    /// Reads the number of entries behind `tag`; a variant with a payload is a map of one.
    fn entry_count(&mut self, tag: u8) -> Result<usize, Error> {
        match tag {
            VARIANT => Ok(1),
            _ if tag & !WIDE == MAP => self.count(tag),
            _ => Err(Error::Refused),
        }
    }

    /// Shows the visitor what `Some` holds.
    fn some<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.enter()?;
        let value = visitor.visit_some(&mut *self)?;
        self.leave();
        Ok(value)
    }

    /// Shows the visitor the elements behind `tag`.
    fn elements<V: Visitor<'de>>(&mut self, tag: u8, visitor: V) -> Result<V::Value, Error> {
        let count = self.count(tag)?;
        self.enter()?;
        let packed = matches!(tag & !WIDE, BYTE_SEQ | BYTE_TUPLE | BYTES);
        let mut elements = Elements::new(self, count, packed);
        let value = visitor.visit_seq(&mut elements)?;
        elements.end()?;
        self.leave();
        Ok(value)
    }

    /// Shows the visitor `count` keys and values.
    fn entries<V: Visitor<'de>>(&mut self, count: usize, visitor: V) -> Result<V::Value, Error> {
        self.enter()?;
        let mut entries = Entries::new(self, count);
        let value = visitor.visit_map(&mut entries)?;
        entries.end()?;
        self.leave();
        Ok(value)
    }

    /// Notes that a struct asked for `fields` and is shown `entries`. Those that it does not know,
    /// and the note of fields that were left out, are told apart when they are read.
    fn expect_fields(&mut self, fields: usize, entries: usize) {
        let count = |number| i64::try_from(number).unwrap_or(i64::MAX);
        self.missing += count(fields) - count(entries);
    }

    /// Passes over a value, without recursion.
    fn skip(&mut self) -> Result<(), Error> {
        let mut left: u64 = 1;
        while left > 0 {
            left = left - 1 + self.skip_head()?;
        }
        Ok(())
    }

    /// Passes over a tag and the bytes that belong to it. Returns the number of values that follow.
    fn skip_head(&mut self) -> Result<u64, Error> {
        let tag = self.tag()?;
        match tag & !WIDE {
            SEQ | TUPLE => Ok(self.count(tag)? as u64),
            MAP => Ok(2 * self.count(tag)? as u64),
            BYTE_SEQ | BYTE_TUPLE => self.bytes(tag).map(|_| 0),
            _ => match tag {
                SOME | UNIT_VARIANT => Ok(1),
                VARIANT => Ok(2),
                LEFT_OUT => Ok(0),
                _ => Scalar::read(self, tag).map(|_| 0),
            },
        }
    }
}
