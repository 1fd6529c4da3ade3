//! Types of all shapes that serde has.
#![expect(clippy::option_option, clippy::zero_sized_map_values, reason = "users have them")]

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::{IpAddr, SocketAddr},
    ops::Bound,
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Options {
    pub(crate) plain: Option<u8>,
    pub(crate) nested: Option<Option<u8>>,
    pub(crate) unit: Option<()>,
    pub(crate) thrice: Option<Option<Option<String>>>,
    pub(crate) list: Vec<Option<Option<()>>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Unit;

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Empty {}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Byte(pub(crate) u8);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Maybe(pub(crate) Option<Option<Byte>>);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pair(pub(crate) Option<()>, pub(crate) Unit);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Newtypes {
    pub(crate) unit: Unit,
    pub(crate) empty: Empty,
    pub(crate) maybe: Maybe,
    pub(crate) pair: Pair,
    pub(crate) bytes: Vec<Byte>,
    pub(crate) tuple: (u8, (Unit, ()), [Option<u8>; 2]),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Numbers {
    pub(crate) unsigned: (u8, u16, u32, u64, u128, usize),
    pub(crate) signed: (i8, i16, i32, i64, i128, isize),
    pub(crate) single: f32,
    pub(crate) double: f64,
    pub(crate) optional: Option<f64>,
    pub(crate) floats: Vec<f32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Texts {
    pub(crate) owned: String,
    pub(crate) letter: char,
    pub(crate) borrowed: Cow<'static, str>,
    pub(crate) boxed: Box<str>,
    pub(crate) shared: Arc<str>,
    pub(crate) letters: Vec<char>,
}

/// Bytes as `serde_bytes` shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Blob(pub(crate) Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BlobVisitor;
        impl<'de> Visitor<'de> for BlobVisitor {
            type Value = Blob;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Blob, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Blob(bytes))
            }
        }
        deserializer.deserialize_byte_buf(BlobVisitor)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bytes {
    pub(crate) list: Vec<u8>,
    pub(crate) array: [u8; 5],
    pub(crate) blob: Blob,
    pub(crate) queue: VecDeque<u8>,
    pub(crate) lists: Vec<Vec<u8>>,
    pub(crate) optional: Option<Vec<u8>>,
    pub(crate) signed: Vec<i8>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TextKeys {
    pub(crate) text: BTreeMap<String, Option<()>>,
    pub(crate) numbers: BTreeMap<i64, u8>,
    pub(crate) bytes: BTreeMap<u8, u8>,
    pub(crate) letters: BTreeMap<char, u8>,
    pub(crate) kinds: BTreeMap<Kind, u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct AnyKeys {
    pub(crate) tuples: BTreeMap<(u8, String), u8>,
    pub(crate) options: BTreeMap<Option<Option<u8>>, u8>,
    pub(crate) lists: BTreeMap<Vec<u8>, ()>,
    pub(crate) variants: BTreeMap<External, u8>,
    pub(crate) blobs: BTreeMap<Blob, u8>,
    pub(crate) units: BTreeMap<(), u8>,
    pub(crate) set: BTreeSet<[u8; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Kind {
    First,
    #[serde(rename = "2nd")]
    Second,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum External {
    Unit,
    Empty {},
    NoParts(),
    New(Option<u8>),
    Nothing(()),
    Nested(Box<External>),
    Tuple(u8, String),
    Struct { a: Option<u8>, b: Vec<u8> },
    Big(u128),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub(crate) enum Internal {
    Unit,
    Empty {},
    New(Inner),
    Struct { a: Option<Option<u8>>, ip: IpAddr, at: SocketAddr, bytes: Vec<u8>, blob: Blob },
    Variants { unit: Kind, any: External, float: f64, letter: char, nothing: (), one: Unit },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
pub(crate) enum Adjacent {
    Unit,
    New(Option<Option<u8>>),
    Tuple(u8, IpAddr),
    Struct { a: Option<()>, any: Option<External> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Untagged {
    Ip(IpAddr),
    Number(i64),
    Text(String),
    Pair(u8, Option<Option<String>>),
    Struct { wrapped: Option<Box<Untagged>>, kind: Kind },
    Numbers { numbers: BTreeMap<u32, Option<f32>> },
    Blob { blob: Blob },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Inner {
    pub(crate) x: Option<u32>,
    pub(crate) y: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flat {
    pub(crate) id: u128,
    #[serde(flatten)]
    pub(crate) inner: Inner,
    #[serde(flatten)]
    pub(crate) tagged: Adjacent,
    #[serde(flatten)]
    pub(crate) rest: BTreeMap<String, Option<i16>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attributes {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) left_out: Option<u8>,
    #[serde(rename = "other", alias = "older")]
    pub(crate) renamed: u8,
    #[serde(default)]
    pub(crate) defaulted: Vec<u8>,
    pub(crate) kept: Arc<str>,
    pub(crate) last: Result<u8, String>,
    pub(crate) time: Duration,
    pub(crate) range: (Bound<u8>, std::ops::Range<i32>),
}
