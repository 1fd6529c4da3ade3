//! Values that are nested deeply, on the stack of a thread in a debug build: stored or refused,
//! never an overflow.

use std::{fmt::Debug, thread};

use cachery_core::{Codec, codec::Unstorable};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{CODECS, Value, stored_if_equal};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct List {
    value: u64,
    next: Option<Box<List>>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(Option<Box<Newtype>>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum External {
    Leaf,
    Tuple(u8, Box<External>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Internal {
    Leaf,
    Node { inner: Box<Internal>, more: Option<u32> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Leaf,
    Node { inner: Box<Adjacent> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Leaf(u8),
    Node { inner: Box<Untagged>, more: Option<u32> },
    Nodes(Vec<Untagged>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u64,
    #[serde(flatten)]
    inner: FlatInner,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum FlatInner {
    Leaf,
    Node { children: Vec<Flat> },
}

/// A struct whose frames are large.
macro_rules! wide {
    ($($field:ident)*) => {
        #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
        struct Wide { $($field: String,)* children: Vec<Wide> }

        #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
        struct WideFlat { id: u64, #[serde(flatten)] inner: WideInner }

        #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
        struct WideInner { $($field: String,)* children: Vec<WideFlat> }
    };
}

wide! {
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9
    c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 d0 d1 d2 d3 d4 d5 d6 d7 d8 d9
}

fn nested<T>(leaf: T, levels: usize, wrap: impl Fn(T) -> T) -> T {
    (0..levels).fold(leaf, |inner, _| wrap(inner))
}

/// Stores values of all depths to a thousand on a thread's usual stack. Returns the most nests that
/// come back.
fn deepest<V: Value + PartialEq + DeserializeOwned + Debug + 'static>(
    codec: Codec,
    of: impl Fn(usize) -> V + Send + 'static,
) -> usize {
    let depths = (1..20).chain((20..300).step_by(7)).chain([500, 800, 1000]);
    let work = move || {
        let mut deepest = 0;
        for depth in depths {
            let value = of(depth);
            match stored_if_equal(codec, &value) {
                Ok(read) => {
                    assert_eq!(
                        deepest_so_far(&mut deepest, depth),
                        depth,
                        "a shallower one was refused"
                    );
                    assert!(read == value, "{depth}");
                }
                Err(reason) => assert_eq!(reason, Unstorable::TooDeep, "{depth}"),
            }
        }
        deepest
    };
    thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(work)
        .expect("a thread")
        .join()
        .expect("it is all right")
}

fn deepest_so_far(deepest: &mut usize, depth: usize) -> usize {
    *deepest = depth.max(*deepest);
    *deepest
}

#[test]
fn a_deep_value_is_stored_or_refused() {
    for codec in CODECS {
        // At least so many nests come back; a nest is one or two levels.
        let least = |nests: usize| if codec == Codec::Json { nests.min(60) } else { nests };
        let list = deepest(codec, |depth| {
            nested(List { value: 0, next: None }, depth, |list| List {
                value: 1,
                next: Some(Box::new(list)),
            })
        });
        assert!(list >= least(118), "{codec}: {list}");
        let external = deepest(codec, |depth| {
            nested(External::Leaf, depth, |inner| External::Tuple(1, Box::new(inner)))
        });
        assert!(external >= least(118), "{codec}: {external}");
        let internal = deepest(codec, |depth| {
            nested(Internal::Leaf, depth, |inner| Internal::Node {
                inner: Box::new(inner),
                more: None,
            })
        });
        assert!(internal >= least(118), "{codec}: {internal}");
        let adjacent = deepest(codec, |depth| {
            nested(Adjacent::Leaf, depth, |inner| Adjacent::Node { inner: Box::new(inner) })
        });
        assert!(adjacent >= least(110), "{codec}: {adjacent}");
        let untagged = deepest(codec, |depth| {
            nested(Untagged::Leaf(0), depth, |inner| Untagged::Node {
                inner: Box::new(inner),
                more: None,
            })
        });
        assert!(untagged >= least(118), "{codec}: {untagged}");
        let nodes = deepest(codec, |depth| {
            nested(Untagged::Leaf(0), depth, |inner| Untagged::Nodes(vec![inner]))
        });
        assert!(nodes >= least(118), "{codec}: {nodes}");
    }
}

#[test]
fn a_deep_value_of_types_with_large_frames_is_stored_or_refused() {
    for codec in CODECS {
        let flat = |inner| Flat { id: 1, inner };
        let depth = deepest(codec, move |depth| {
            nested(flat(FlatInner::Leaf), depth, |child| {
                flat(FlatInner::Node { children: vec![child] })
            })
        });
        assert!(depth >= 60, "{codec}: {depth}");
        let depth = deepest(codec, |depth| {
            nested(Wide::default(), depth, |child| Wide {
                children: vec![child],
                ..Wide::default()
            })
        });
        assert!(depth >= 60, "{codec}: {depth}");
        let depth = deepest(codec, |depth| {
            let inner = |children| WideInner { children, ..WideInner::default() };
            nested(WideFlat::default(), depth, |child| WideFlat {
                id: 1,
                inner: inner(vec![child]),
            })
        });
        assert!(depth >= 60, "{codec}: {depth}");
    }
}

#[test]
fn a_deep_newtype_is_stored_or_refused() {
    let value = |depth| nested(Newtype(None), depth, |inner| Newtype(Some(Box::new(inner))));
    assert!(deepest(Codec::Binary, value) >= 118);
}

#[test]
fn json_values_nest_as_deeply_as_the_codec_reads() {
    let value = |depth| nested(serde_json::json!(1), depth, |inner| serde_json::json!([inner]));
    assert_eq!(deepest(Codec::Binary, value), 244);
    assert_eq!(deepest(Codec::Json, value), 125);
    assert_eq!(stored_if_equal(Codec::Json, &value(127)).map(drop), Ok(()));
    assert_eq!(stored_if_equal(Codec::Json, &value(128)), Err(Unstorable::TooDeep));
    assert_eq!(stored_if_equal(Codec::Binary, &value(250)).map(drop), Ok(()));
    assert_eq!(stored_if_equal(Codec::Binary, &value(251)), Err(Unstorable::TooDeep));
}

#[test]
fn stored_bytes_that_nest_without_end_are_refused() {
    for bytes in [&b"["[..], b"{\"a\":", b"\x02", b"\x10\x01"] {
        let bytes = bytes.repeat(100_000);
        for codec in CODECS {
            assert!(codec.decode::<serde_json::Value>(&bytes).is_err());
            assert!(codec.decode::<Untagged>(&bytes).is_err());
            assert!(codec.decode::<List>(&bytes).is_err());
        }
    }
}
