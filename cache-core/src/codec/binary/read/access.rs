//! Serde's access to sequences, maps and variants: reads their parts one after the other.

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor},
};

use super::Reader;
use crate::codec::binary::{
    error::Error,
    tag::{LEFT_OUT, MAP, UNIT_VARIANT, VARIANT, WIDE},
};

/// The elements of a sequence.
pub(super) struct Elements<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: usize,
    /// They are `u8`s without tags.
    packed: bool,
}

impl<'r, 'de> Elements<'r, 'de> {
    pub(super) fn new(reader: &'r mut Reader<'de>, left: usize, packed: bool) -> Self {
        Self { reader, left, packed }
    }

    /// Fails unless all were read.
    pub(super) fn end(self) -> Result<(), Error> {
        if self.left == 0 { Ok(()) } else { Err(Error::Refused) }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        self.reader.packed = self.packed;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// The entries of a map or a struct.
pub(super) struct Entries<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: usize,
}

impl<'r, 'de> Entries<'r, 'de> {
    pub(super) fn new(reader: &'r mut Reader<'de>, left: usize) -> Self {
        Self { reader, left }
    }

    /// Fails unless all were read.
    pub(super) fn end(mut self) -> Result<(), Error> {
        if self.next()? { Err(Error::Refused) } else { Ok(()) }
    }

    /// Goes to the next key. What a struct left out is noted on the way.
    #[inline]
    fn next(&mut self) -> Result<bool, Error> {
        while let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            if self.reader.peek() != Some(LEFT_OUT) {
                return Ok(true);
            }
            self.reader.tag()?;
            let left_out = u32::deserialize(&mut *self.reader)?;
            // It counted as an entry itself.
            self.reader.missing += 1 - i64::from(left_out);
        }
        Ok(false)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        if self.next()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// A variant: its name comes next, then its payload.
pub(super) struct Variant<'r, 'de> {
    reader: &'r mut Reader<'de>,
    has_payload: bool,
}

impl<'r, 'de> Variant<'r, 'de> {
    /// Goes to the name of a variant. It may also be written by hand: as its name, or as a map of
    /// one entry.
    pub(super) fn begin(reader: &'r mut Reader<'de>) -> Result<Self, Error> {
        let has_payload = match reader.peek() {
            Some(UNIT_VARIANT) => reader.tag().map(|_| false),
            Some(tag) if tag == VARIANT || tag & !WIDE == MAP => {
                reader.tag()?;
                if reader.entry_count(tag)? == 1 { Ok(true) } else { Err(Error::Refused) }
            }
            _ => Ok(false),
        }?;
        Ok(Self { reader, has_payload })
    }

    fn payload(self) -> Result<&'r mut Reader<'de>, Error> {
        if self.has_payload { Ok(self.reader) } else { Err(Error::Refused) }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name = seed.deserialize(&mut *self.reader)?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if self.has_payload { <()>::deserialize(self.reader) } else { Ok(()) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.payload()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.payload()?.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.payload()?.deserialize_struct("", fields, visitor)
    }
}
