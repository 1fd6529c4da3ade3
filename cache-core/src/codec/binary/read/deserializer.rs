//! Serde's side of the reader.
//!
//! The bytes say what they are; the request of a type is a hint. Where the two differ, the type is
//! shown what there is, as far as formats usually do, because a type may be written by hand and ask
//! for something else than it wrote.

use serde::de::{Deserializer, Visitor};

use super::{Reader, Scalar, Variant, own};
use crate::codec::binary::{
    error::Error,
    tag::{BYTE_SEQ, BYTE_TUPLE, BYTES, F32, F64, MAP, NONE, SEQ, SOME, TUPLE, VARIANT, WIDE},
};

/// The name by which `serde_json::value::RawValue` tells a format that it wants the struct that it
/// wrote, with its only field.
const RAW_JSON: &str = "$serde_json::private::RawValue";

/// Methods for types that ask for an integer: what was written as that type takes the short way.
macro_rules! integers {
    ($($method:ident: $own:ident($of_type:literal) => $visit:ident;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match own::$own(self, $of_type) {
                Some(number) => visitor.$visit(number.try_into()?),
                None => visit_scalar(self, visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    integers! {
        deserialize_u16: unsigned(1) => visit_u16;
        deserialize_u32: unsigned(2) => visit_u32;
        deserialize_u64: unsigned(3) => visit_u64;
        deserialize_i8: signed(0) => visit_i8;
        deserialize_i16: signed(1) => visit_i16;
        deserialize_i32: signed(2) => visit_i32;
        deserialize_i64: signed(3) => visit_i64;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visit_scalar(self, visitor)
    }

    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match own::fixed(self, F32) {
            Some(bits) => visitor.visit_f32(f32::from_bits(u32::from_le_bytes(bits))),
            None => visit_scalar(self, visitor),
        }
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match own::fixed(self, F64) {
            Some(bits) => visitor.visit_f64(f64::from_bits(u64::from_le_bytes(bits))),
            None => visit_scalar(self, visitor),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visit_scalar(self, visitor)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match own::str(self)? {
            Some(text) => visitor.visit_borrowed_str(text),
            None => visit_scalar(self, visitor),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visit_scalar(self, visitor)
    }

    fn is_human_readable(&self) -> bool {
        true
    }

    /// Shows what comes next such that serde's buffer keeps all of it: variants as strings and
    /// maps, which is how it wants them.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let tag = self.tag()?;
        match tag & !WIDE {
            SEQ | TUPLE | BYTE_SEQ | BYTE_TUPLE => self.elements(tag, visitor),
            MAP => {
                let count = self.count(tag)?;
                self.entries(count, visitor)
            }
            _ => match tag {
                SOME => self.some(visitor),
                VARIANT => self.entries(1, visitor),
                _ => Scalar::read(self, tag)?.visit(visitor),
            },
        }
    }

    #[inline]
    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if std::mem::take(&mut self.packed) {
            return visitor.visit_u8(self.byte()?);
        }
        match own::unsigned(self, 0) {
            Some(number) => visitor.visit_u8(number.try_into()?),
            None => visit_scalar(self, visitor),
        }
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let tag = self.tag()?;
        match Scalar::read(self, tag)? {
            Scalar::I128(value) => visitor.visit_i128(value),
            other => other.visit(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let tag = self.tag()?;
        match Scalar::read(self, tag)? {
            Scalar::U128(value) => visitor.visit_u128(value),
            other => other.visit(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let tag = self.tag()?;
        match tag & !WIDE {
            BYTES | BYTE_SEQ | BYTE_TUPLE => visitor.visit_borrowed_bytes(self.bytes(tag)?),
            SEQ | TUPLE => self.elements(tag, visitor),
            _ => Scalar::read(self, tag)?.visit(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.peek() {
            Some(NONE) => {
                self.tag()?;
                visitor.visit_none()
            }
            Some(SOME) => {
                self.tag()?;
                self.some(visitor)
            }
            // It was written before its type became an option.
            _ => self.some(visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visit_scalar(self, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == RAW_JSON {
            return self.deserialize_map(visitor);
        }
        self.enter()?;
        let value = visitor.visit_newtype_struct(&mut *self)?;
        self.leave();
        Ok(value)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let tag = self.tag()?;
        match tag & !WIDE {
            SEQ | TUPLE | BYTE_SEQ | BYTE_TUPLE | BYTES => self.elements(tag, visitor),
            _ => Err(Error::Refused),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let tag = self.tag()?;
        let count = self.entry_count(tag)?;
        self.entries(count, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let tag = self.tag()?;
        if matches!(tag & !WIDE, SEQ | TUPLE) {
            return self.elements(tag, visitor);
        }
        let count = self.entry_count(tag)?;
        self.expect_fields(fields.len(), count);
        self.entries(count, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.enter()?;
        let value = visitor.visit_enum(Variant::begin(self)?)?;
        self.leave();
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // The type does not know the field, so it is not one of those that it asked for.
        self.missing += 1;
        self.skip()?;
        visitor.visit_unit()
    }
}

/// Shows the visitor a value that holds no others.
fn visit_scalar<'de, V: Visitor<'de>>(
    reader: &mut Reader<'de>,
    visitor: V,
) -> Result<V::Value, Error> {
    let tag = reader.tag()?;
    Scalar::read(reader, tag)?.visit(visitor)
}
