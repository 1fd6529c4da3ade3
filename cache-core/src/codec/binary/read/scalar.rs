//! Values that hold no others.

use serde::de::Visitor;

use super::Reader;
use crate::codec::binary::{
    error::Error,
    tag::{
        BYTES, CHAR, F32, F64, FALSE, INTS_END, NONE, SHORT_STR, SIGNED, TRUE, UNIT, UNIT_VARIANT,
        UNSIGNED, WIDE,
    },
};

/// A value that holds no others. Read once for all types, then shown to the visitor of one.
pub(super) enum Scalar<'de> {
    Unit,
    None,
    Bool(bool),
    Char(char),
    F32(f32),
    F64(f64),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    I128(i128),
    Str(&'de str),
    Bytes(&'de [u8]),
}

impl<'de> Scalar<'de> {
    /// Reads the value behind `tag`. A variant without a payload is its name.
    pub(super) fn read(reader: &mut Reader<'de>, tag: u8) -> Result<Self, Error> {
        Ok(match tag {
            SHORT_STR.. => Self::Str(reader.text(tag)?),
            UNSIGNED..SIGNED => unsigned(reader, tag - UNSIGNED)?,
            SIGNED..INTS_END => signed(reader, tag - SIGNED)?,
            UNIT => Self::Unit,
            NONE => Self::None,
            FALSE => Self::Bool(false),
            TRUE => Self::Bool(true),
            CHAR => Self::Char(char(reader)?),
            F32 => Self::F32(f32::from_bits(u32::from_le_bytes(reader.array()?))),
            F64 => Self::F64(f64::from_bits(u64::from_le_bytes(reader.array()?))),
            UNIT_VARIANT => {
                let name = reader.tag()?;
                Self::Str(reader.text(name)?)
            }
            _ if tag & !WIDE == BYTES => Self::Bytes(reader.bytes(tag)?),
            _ => Self::Str(reader.text(tag)?),
        })
    }

    /// Shows the value to a visitor, as the type that it was written as. 128 bits that fit into 64
    /// are shown as those, because serde's buffer has no place for more.
    pub(super) fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Unit => visitor.visit_unit(),
            Self::None => visitor.visit_none(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Char(value) => visitor.visit_char(value),
            Self::F32(value) => visitor.visit_f32(value),
            Self::F64(value) => visitor.visit_f64(value),
            Self::U8(value) => visitor.visit_u8(value),
            Self::U16(value) => visitor.visit_u16(value),
            Self::U32(value) => visitor.visit_u32(value),
            Self::U64(value) => visitor.visit_u64(value),
            Self::U128(value) => match u64::try_from(value) {
                Ok(value) => visitor.visit_u64(value),
                Err(_) => visitor.visit_u128(value),
            },
            Self::I8(value) => visitor.visit_i8(value),
            Self::I16(value) => visitor.visit_i16(value),
            Self::I32(value) => visitor.visit_i32(value),
            Self::I64(value) => visitor.visit_i64(value),
            Self::I128(value) => match i64::try_from(value) {
                Ok(value) => visitor.visit_i64(value),
                Err(_) => visitor.visit_i128(value),
            },
            Self::Str(value) => visitor.visit_borrowed_str(value),
            Self::Bytes(value) => visitor.visit_borrowed_bytes(value),
        }
    }
}

/// Reads a code point.
fn char(reader: &mut Reader<'_>) -> Result<char, Error> {
    char::from_u32(u32::from_le_bytes(reader.array()?)).ok_or(Error::Malformed)
}

/// Reads an unsigned integer; `int` is what its tag adds.
fn unsigned<'de>(reader: &mut Reader<'de>, int: u8) -> Result<Scalar<'de>, Error> {
    let number = match int & 7 {
        0 => reader.byte()?.into(),
        1 => u16::from_le_bytes(reader.array()?).into(),
        2 => u32::from_le_bytes(reader.array()?).into(),
        3 => u64::from_le_bytes(reader.array()?),
        4 if int >> 3 == 4 => return Ok(Scalar::U128(u128::from_le_bytes(reader.array()?))),
        _ => return Err(Error::Malformed),
    };
    Ok(match int >> 3 {
        0 => Scalar::U8(u8::try_from(number)?),
        1 => Scalar::U16(u16::try_from(number)?),
        2 => Scalar::U32(u32::try_from(number)?),
        3 => Scalar::U64(number),
        _ => Scalar::U128(number.into()),
    })
}

/// Reads a signed integer; `int` is what its tag adds.
fn signed<'de>(reader: &mut Reader<'de>, int: u8) -> Result<Scalar<'de>, Error> {
    let number = match int & 7 {
        0 => i8::from_le_bytes(reader.array()?).into(),
        1 => i16::from_le_bytes(reader.array()?).into(),
        2 => i32::from_le_bytes(reader.array()?).into(),
        3 => i64::from_le_bytes(reader.array()?),
        4 if int >> 3 == 4 => return Ok(Scalar::I128(i128::from_le_bytes(reader.array()?))),
        _ => return Err(Error::Malformed),
    };
    Ok(match int >> 3 {
        0 => Scalar::I8(i8::try_from(number)?),
        1 => Scalar::I16(i16::try_from(number)?),
        2 => Scalar::I32(i32::try_from(number)?),
        3 => Scalar::I64(number),
        _ => Scalar::I128(number.into()),
    })
}
