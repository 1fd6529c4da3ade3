//! Values of the shapes that serde has.

use std::collections::BTreeMap;

use proptest::{
    collection::{btree_map, vec},
    prelude::{Just, Strategy, any, prop_oneof},
};
use serde::{Deserialize, Serialize};

/// A value of some shape. The first variants are what other formats mix up.
#[expect(clippy::option_option, reason = "users have them")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Shape {
    Unit,
    Nested(Option<Option<Option<u8>>>),
    OptionalUnit(Option<()>),
    Float(Option<f64>),
    Single(f32),
    Wide(i128, u128),
    Bytes(Vec<u8>),
    Text(String, char),
    Newtype(Box<Shape>),
    List(Vec<Shape>),
    Map(BTreeMap<(u8, bool), Shape>),
    Struct { id: u64, inner: Option<Box<Shape>> },
    Untagged(Untagged),
    Tagged(Tagged),
    Adjacent(Adjacent),
    Flat(Flat),
    Skipped(Skipped),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Untagged {
    Address(std::net::IpAddr),
    Number(i32),
    Wide(u128),
    Fields { at: Option<u8>, text: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub(super) enum Tagged {
    Empty,
    Fields { float: f64, more: Option<Box<Tagged>> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
pub(super) enum Adjacent {
    Empty,
    New(Option<u16>),
    Pair(i8, String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Flat {
    id: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, Option<i16>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Skipped {
    pub(super) user: u8,
    #[serde(skip)]
    pub(super) requests: u8,
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        proptest::num::f64::ANY,
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(-0.0),
    ]
}

fn untagged() -> impl Strategy<Value = Untagged> {
    prop_oneof![
        any::<std::net::IpAddr>().prop_map(Untagged::Address),
        any::<i32>().prop_map(Untagged::Number),
        any::<u128>().prop_map(Untagged::Wide),
        (any::<Option<u8>>(), ".{0,5}").prop_map(|(at, text)| Untagged::Fields { at, text }),
    ]
}

fn tagged() -> impl Strategy<Value = Tagged> {
    let leaf = prop_oneof![
        Just(Tagged::Empty),
        float().prop_map(|float| Tagged::Fields { float, more: None }),
    ];
    leaf.prop_recursive(4, 8, 1, |inner| {
        (float(), inner)
            .prop_map(|(float, more)| Tagged::Fields { float, more: Some(Box::new(more)) })
    })
}

fn adjacent() -> impl Strategy<Value = Adjacent> {
    prop_oneof![
        Just(Adjacent::Empty),
        any::<Option<u16>>().prop_map(Adjacent::New),
        (any::<i8>(), ".{0,5}").prop_map(|(a, b)| Adjacent::Pair(a, b)),
    ]
}

fn leaf() -> impl Strategy<Value = Shape> {
    let flat = (any::<u8>(), btree_map("r[a-z]{1,4}", any::<Option<i16>>(), 0..3));
    prop_oneof![
        Just(Shape::Unit),
        any::<Option<Option<Option<u8>>>>().prop_map(Shape::Nested),
        any::<Option<()>>().prop_map(Shape::OptionalUnit),
        proptest::option::of(float()).prop_map(Shape::Float),
        proptest::num::f32::ANY.prop_map(Shape::Single),
        (any::<i128>(), any::<u128>()).prop_map(|(a, b)| Shape::Wide(a, b)),
        vec(any::<u8>(), 0..300).prop_map(Shape::Bytes),
        (".{0,20}", any::<char>()).prop_map(|(text, char)| Shape::Text(text, char)),
        untagged().prop_map(Shape::Untagged),
        tagged().prop_map(Shape::Tagged),
        adjacent().prop_map(Shape::Adjacent),
        flat.prop_map(|(id, rest)| Shape::Flat(Flat { id, rest })),
        (any::<u8>(), 0..2_u8)
            .prop_map(|(user, requests)| Shape::Skipped(Skipped { user, requests })),
    ]
}

/// Makes values of all shapes, some of which hold others.
pub(super) fn shape() -> impl Strategy<Value = Shape> {
    leaf().prop_recursive(5, 24, 4, |inner| {
        let map = btree_map(any::<(u8, bool)>(), inner.clone(), 0..4);
        prop_oneof![
            inner.clone().prop_map(|inner| Shape::Newtype(Box::new(inner))),
            vec(inner.clone(), 0..4).prop_map(Shape::List),
            map.prop_map(Shape::Map),
            (any::<u64>(), proptest::option::of(inner))
                .prop_map(|(id, inner)| Shape::Struct { id, inner: inner.map(Box::new) }),
        ]
    })
}
