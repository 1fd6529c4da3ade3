//! Values that another release of a program stored, under the same `version`.

use cachery_core::{Codec, codec::Undecodable};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::Value;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    total: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

fn order() -> Order {
    Order { id: 7, total: 1.5, note: None }
}

/// Reads what a release with the type of `value` stored.
fn read_by<V: DeserializeOwned + Send>(codec: Codec, value: &impl Value) -> Result<V, Undecodable> {
    codec.decode(&codec.encode(value, None, super::SIZE).expect("it is stored"))
}

#[test]
fn a_new_field_with_a_default_is_not_taken_for_it() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct WithDefault {
        id: u64,
        total: f64,
        note: Option<String>,
        #[serde(default)]
        items: u32,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct WithOption {
        id: u64,
        total: f64,
        note: Option<String>,
        discount: Option<f64>,
    }
    let noted = Order { note: Some("gift".to_owned()), ..order() };
    for value in [order(), noted] {
        assert_eq!(read_by::<WithDefault>(Codec::Binary, &value), Err(Undecodable::OtherFields));
        assert_eq!(read_by::<WithOption>(Codec::Binary, &value), Err(Undecodable::OtherFields));
        assert_eq!(
            read_by::<Vec<WithOption>>(Codec::Binary, &vec![order(), order()]),
            Err(Undecodable::OtherFields)
        );
        assert_eq!(read_by::<Order>(Codec::Binary, &value), Ok(value));
    }
}

#[test]
fn a_new_field_without_a_default_is_missing() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct WithField {
        id: u64,
        items: u32,
    }
    for codec in super::CODECS {
        assert_eq!(read_by::<WithField>(codec, &order()), Err(Undecodable::Corrupt));
    }
}

#[test]
fn removed_and_reordered_fields_are_read() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Fewer {
        total: f64,
        id: u64,
    }
    for codec in super::CODECS {
        assert_eq!(read_by::<Fewer>(codec, &order()), Ok(Fewer { total: 1.5, id: 7 }));
    }
}

#[test]
fn a_field_in_place_of_another_is_not_taken_for_it() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Renamed {
        id: u64,
        #[serde(default)]
        sum: f64,
        note: Option<String>,
    }
    assert_eq!(read_by::<Renamed>(Codec::Binary, &order()), Err(Undecodable::OtherFields));
}

#[test]
fn names_that_a_type_may_read_and_does_not_write_are_not_missing() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Aliased {
        #[serde(alias = "identifier", alias = "key")]
        id: u64,
        #[serde(skip_serializing, default)]
        secret: u8,
        #[serde(rename(serialize = "sum"), alias = "sum", default)]
        total: u8,
    }
    let value = Aliased { id: 1, secret: 0, total: 2 };
    assert_eq!(read_by::<Aliased>(Codec::Binary, &value), Ok(value));
}

#[test]
fn fields_of_variants_are_told_apart_alike() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Old {
        Paid { by: String },
    }
    #[derive(Debug, PartialEq, Deserialize)]
    enum New {
        Paid {
            by: String,
            #[serde(default)]
            at: u64,
        },
        Open,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    enum Other {
        Paid { by: String },
        Open,
    }
    let old = Old::Paid { by: "card".to_owned() };
    assert_eq!(read_by::<New>(Codec::Binary, &old), Err(Undecodable::OtherFields));
    assert_eq!(read_by::<Other>(Codec::Binary, &old), Ok(Other::Paid { by: "card".to_owned() }));
}

#[test]
fn a_type_that_became_an_option_or_a_newtype_is_read() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Id(u64);
    #[derive(Debug, PartialEq, Deserialize)]
    struct Loose {
        id: Option<Id>,
        total: Option<f32>,
        note: Option<String>,
    }
    assert_eq!(
        read_by::<Loose>(Codec::Binary, &order()),
        Ok(Loose { id: Some(Id(7)), total: Some(1.5), note: None })
    );
}

/// Serde's buffer and JSON do not tell which fields the type asked for.
#[test]
fn new_fields_are_not_noticed_under_flatten_and_in_json() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Outer<T> {
        #[serde(flatten)]
        inner: T,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Old {
        a: u8,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct New {
        a: u8,
        b: Option<u8>,
    }
    let read = read_by::<Outer<New>>(Codec::Binary, &Outer { inner: Old { a: 1 } });
    assert_eq!(read, Ok(Outer { inner: New { a: 1, b: None } }));
    assert_eq!(read_by::<New>(Codec::Json, &Old { a: 1 }), Ok(New { a: 1, b: None }));
}
