//! Serde's data model as a value, which asks for exactly what it says when it is read.

use proptest::{collection::vec, prelude::*};
use serde::{
    Serialize, Serializer,
    de::{
        DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess,
        Visitor,
    },
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

/// Names of fields and variants; two are alike but for a letter, one is empty and one is long.
pub(super) const NAMES: [&str; 5] = [
    "a",
    "b",
    "",
    "ab",
    concat!(
        "a name that is longer than a short string may be, and a short string has up to 127 bytes,",
        " so it goes on for a while",
        " and then some more, to be on the safe side",
    ),
];

/// Any value as serde sees one. Floats are their bits.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Unit,
    UnitStruct,
    Bool(bool),
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    I128(i128),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    F32(u32),
    F64(u64),
    Char(char),
    Str(String),
    Bytes(Vec<u8>),
    None,
    Some(Box<Data>),
    Newtype(Box<Data>),
    Seq(Vec<Data>),
    Tuple(Vec<Data>),
    TupleStruct(Vec<Data>),
    Map(Vec<(Data, Data)>),
    Struct(Vec<(usize, Data)>),
    UnitVariant(usize),
    NewtypeVariant(usize, Box<Data>),
    TupleVariant(usize, Vec<Data>),
    StructVariant(usize, Vec<(usize, Data)>),
}

impl Data {
    pub(super) fn map_of(pairs: &[(u8, Vec<&str>)]) -> Self {
        let text = |text: &&str| Self::Str((*text).to_owned());
        Self::Map(
            pairs
                .iter()
                .map(|(key, texts)| (Self::U8(*key), Self::Seq(texts.iter().map(text).collect())))
                .collect(),
        )
    }
}

pub(super) fn data() -> impl Strategy<Value = Data> {
    use Data::*;
    let number = prop_oneof![
        any::<i8>().prop_map(I8),
        any::<i16>().prop_map(I16),
        any::<i32>().prop_map(I32),
        any::<i64>().prop_map(I64),
        any::<i128>().prop_map(I128),
        any::<i64>().prop_map(|small| I128(small.into())),
        any::<u8>().prop_map(U8),
        any::<u16>().prop_map(U16),
        any::<u32>().prop_map(U32),
        any::<u64>().prop_map(U64),
        any::<u128>().prop_map(U128),
        any::<u8>().prop_map(|small| U64(small.into())),
        any::<u32>().prop_map(F32),
        any::<u64>().prop_map(F64),
        prop::num::f64::ANY.prop_map(|float| F64(float.to_bits())),
    ];
    let name = 0..NAMES.len();
    let leaf = prop_oneof![
        Just(Unit),
        Just(UnitStruct),
        any::<bool>().prop_map(Bool),
        number,
        any::<char>().prop_map(Char),
        ".{0,8}".prop_map(Str),
        "x{120,300}".prop_map(Str),
        vec(any::<u8>(), 0..300).prop_map(Bytes),
        vec(any::<u8>().prop_map(U8), 0..300).prop_map(Seq),
        Just(None),
        name.clone().prop_map(UnitVariant),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let parts = vec(inner.clone(), 0..6);
        let fields = vec((0..NAMES.len(), inner.clone()), 0..4);
        prop_oneof![
            boxed.clone().prop_map(Some),
            boxed.clone().prop_map(Newtype),
            parts.clone().prop_map(Seq),
            parts.clone().prop_map(Tuple),
            parts.clone().prop_map(TupleStruct),
            vec((inner.clone(), inner), 0..4).prop_map(Map),
            fields.clone().prop_map(Struct),
            (name.clone(), boxed).prop_map(|(name, inside)| NewtypeVariant(name, inside)),
            (name.clone(), parts).prop_map(|(name, parts)| TupleVariant(name, parts)),
            (name.clone(), fields).prop_map(|(name, fields)| StructVariant(name, fields)),
        ]
    })
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unit => to.serialize_unit(),
            Self::UnitStruct => to.serialize_unit_struct("S"),
            Self::Bool(value) => to.serialize_bool(*value),
            Self::I8(value) => to.serialize_i8(*value),
            Self::I16(value) => to.serialize_i16(*value),
            Self::I32(value) => to.serialize_i32(*value),
            Self::I64(value) => to.serialize_i64(*value),
            Self::I128(value) => to.serialize_i128(*value),
            Self::U8(value) => to.serialize_u8(*value),
            Self::U16(value) => to.serialize_u16(*value),
            Self::U32(value) => to.serialize_u32(*value),
            Self::U64(value) => to.serialize_u64(*value),
            Self::U128(value) => to.serialize_u128(*value),
            Self::F32(bits) => to.serialize_f32(f32::from_bits(*bits)),
            Self::F64(bits) => to.serialize_f64(f64::from_bits(*bits)),
            Self::Char(value) => to.serialize_char(*value),
            Self::Str(value) => to.serialize_str(value),
            Self::Bytes(value) => to.serialize_bytes(value),
            Self::None => to.serialize_none(),
            Self::Some(value) => to.serialize_some(value),
            Self::Newtype(value) => to.serialize_newtype_struct("N", value),
            Self::UnitVariant(name) => to.serialize_unit_variant("E", 0, NAMES[*name]),
            Self::NewtypeVariant(name, value) => {
                to.serialize_newtype_variant("E", 0, NAMES[*name], value)
            }
            several => several.serialize_parts(to),
        }
    }
}

impl Data {
    fn serialize_parts<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        macro_rules! parts {
            ($begun:expr, $add:ident, $parts:expr) => {{
                let mut begun = $begun?;
                $parts.iter().try_for_each(|part| begun.$add(part))?;
                begun.end()
            }};
        }
        macro_rules! fields {
            ($begun:expr, $fields:expr) => {{
                let mut begun = $begun?;
                $fields
                    .iter()
                    .try_for_each(|(name, part)| begun.serialize_field(NAMES[*name], part))?;
                begun.end()
            }};
        }
        match self {
            Self::Seq(parts) => {
                parts!(to.serialize_seq(Some(parts.len())), serialize_element, parts)
            }
            Self::Tuple(parts) => parts!(to.serialize_tuple(parts.len()), serialize_element, parts),
            Self::TupleStruct(parts) => {
                parts!(to.serialize_tuple_struct("T", parts.len()), serialize_field, parts)
            }
            Self::TupleVariant(name, parts) => {
                parts!(
                    to.serialize_tuple_variant("E", 0, NAMES[*name], parts.len()),
                    serialize_field,
                    parts
                )
            }
            Self::Map(entries) => {
                let mut map = to.serialize_map(None)?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
            Self::Struct(fields) => fields!(to.serialize_struct("S", fields.len()), fields),
            Self::StructVariant(name, fields) => {
                fields!(to.serialize_struct_variant("E", 0, NAMES[*name], fields.len()), fields)
            }
            _ => unreachable!("it has no parts"),
        }
    }
}

/// Reads what has the shape of `self`.
impl<'de> DeserializeSeed<'de> for &Data {
    type Value = Data;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Data, D::Error> {
        match self {
            Data::Unit => from.deserialize_unit(self),
            Data::UnitStruct => from.deserialize_unit_struct("S", self),
            Data::Bool(_) => from.deserialize_bool(self),
            Data::I8(_) => from.deserialize_i8(self),
            Data::I16(_) => from.deserialize_i16(self),
            Data::I32(_) => from.deserialize_i32(self),
            Data::I64(_) => from.deserialize_i64(self),
            Data::I128(_) => from.deserialize_i128(self),
            Data::U8(_) => from.deserialize_u8(self),
            Data::U16(_) => from.deserialize_u16(self),
            Data::U32(_) => from.deserialize_u32(self),
            Data::U64(_) => from.deserialize_u64(self),
            Data::U128(_) => from.deserialize_u128(self),
            Data::F32(_) => from.deserialize_f32(self),
            Data::F64(_) => from.deserialize_f64(self),
            Data::Char(_) => from.deserialize_char(self),
            Data::Str(_) => from.deserialize_string(self),
            Data::Bytes(_) => from.deserialize_byte_buf(self),
            Data::None | Data::Some(_) => from.deserialize_option(self),
            Data::Newtype(_) => from.deserialize_newtype_struct("N", self),
            Data::Seq(_) => from.deserialize_seq(self),
            Data::Tuple(parts) => from.deserialize_tuple(parts.len(), self),
            Data::TupleStruct(parts) => from.deserialize_tuple_struct("T", parts.len(), self),
            Data::Map(_) => from.deserialize_map(self),
            Data::Struct(_) => from.deserialize_struct("S", &NAMES, self),
            Data::UnitVariant(_)
            | Data::NewtypeVariant(..)
            | Data::TupleVariant(..)
            | Data::StructVariant(..) => from.deserialize_enum("E", &NAMES, self),
        }
    }
}

/// Methods for what holds no others: only the visit of the same type is one.
macro_rules! visits {
    ($($visit:ident($from:ty) $variant:ident: $value:expr;)*) => {$(
        fn $visit<E: serde::de::Error>(self, value: $from) -> Result<Data, E> {
            match self {
                Data::$variant(_) => Ok(Data::$variant($value(value))),
                _ => Err(E::custom("another type")),
            }
        }
    )*};
}

impl<'de> Visitor<'de> for &Data {
    type Value = Data;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }

    visits! {
        visit_bool(bool) Bool: bool::from;
        visit_i8(i8) I8: i8::from;
        visit_i16(i16) I16: i16::from;
        visit_i32(i32) I32: i32::from;
        visit_i64(i64) I64: i64::from;
        visit_i128(i128) I128: i128::from;
        visit_u8(u8) U8: u8::from;
        visit_u16(u16) U16: u16::from;
        visit_u32(u32) U32: u32::from;
        visit_u64(u64) U64: u64::from;
        visit_u128(u128) U128: u128::from;
        visit_f32(f32) F32: f32::to_bits;
        visit_f64(f64) F64: f64::to_bits;
        visit_char(char) Char: char::from;
        visit_str(&str) Str: str::to_owned;
        visit_bytes(&[u8]) Bytes: <[u8]>::to_vec;
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Data, E> {
        match self {
            Data::Unit | Data::UnitStruct => Ok(self.clone()),
            _ => Err(E::custom("another type")),
        }
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Data, E> {
        match self {
            Data::None => Ok(Data::None),
            _ => Err(E::custom("another type")),
        }
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Data, D::Error> {
        match self {
            Data::Some(inside) => Ok(Data::Some(Box::new(inside.deserialize(from)?))),
            _ => Err(D::Error::custom("another type")),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<Data, D::Error> {
        match self {
            Data::Newtype(inside) => Ok(Data::Newtype(Box::new(inside.deserialize(from)?))),
            _ => Err(D::Error::custom("another type")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Data, A::Error> {
        let mut read = |parts: &[Data]| {
            let part =
                |part| from.next_element_seed(part)?.ok_or_else(|| A::Error::custom("too few"));
            parts.iter().map(part).collect::<Result<Vec<_>, _>>()
        };
        match self {
            Data::Seq(parts) => read(parts).map(Data::Seq),
            Data::Tuple(parts) => read(parts).map(Data::Tuple),
            Data::TupleStruct(parts) => read(parts).map(Data::TupleStruct),
            Data::TupleVariant(name, parts) => {
                read(parts).map(|parts| Data::TupleVariant(*name, parts))
            }
            _ => Err(A::Error::custom("another type")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Data, A::Error> {
        let few = || A::Error::custom("too few");
        match self {
            Data::Map(entries) => {
                let entry = |(key, value): &(Data, Data)| {
                    let key = from.next_key_seed(key)?.ok_or_else(few)?;
                    Ok((key, from.next_value_seed(value)?))
                };
                entries.iter().map(entry).collect::<Result<_, _>>().map(Data::Map)
            }
            Data::Struct(fields) | Data::StructVariant(_, fields) => {
                let field = |(name, value): &(usize, Data)| {
                    let key: String = from.next_key()?.ok_or_else(few)?;
                    if key == NAMES[*name] {
                        Ok((*name, from.next_value_seed(value)?))
                    } else {
                        Err(A::Error::custom(key))
                    }
                };
                let fields = fields.iter().map(field).collect::<Result<_, _>>()?;
                Ok(match self {
                    Data::StructVariant(name, _) => Data::StructVariant(*name, fields),
                    _ => Data::Struct(fields),
                })
            }
            _ => Err(A::Error::custom("another type")),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, from: A) -> Result<Data, A::Error> {
        let (found, variant) = from.variant::<String>()?;
        match self {
            Data::UnitVariant(name) if found == NAMES[*name] => {
                variant.unit_variant().map(|()| self.clone())
            }
            Data::NewtypeVariant(name, inside) if found == NAMES[*name] => {
                let inside = variant.newtype_variant_seed(&**inside)?;
                Ok(Data::NewtypeVariant(*name, Box::new(inside)))
            }
            Data::TupleVariant(name, parts) if found == NAMES[*name] => {
                variant.tuple_variant(parts.len(), self)
            }
            Data::StructVariant(name, _) if found == NAMES[*name] => {
                variant.struct_variant(&NAMES, self)
            }
            _ => Err(A::Error::custom("another variant")),
        }
    }
}
