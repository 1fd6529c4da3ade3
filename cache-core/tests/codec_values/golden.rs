//! The bytes of each shape. Deployed values are read by them: where one changes,
//! `codec::GENERATION` must.

use std::{collections::BTreeMap, fmt::Write as _};

use cachery_core::Codec;

use super::{
    Value,
    shapes::{Adjacent, Blob, Byte, External, Inner, Internal, Kind, Maybe, Options, Unit},
};

/// The value is written as `hex` and a seal without missing fields, and read from it.
fn frozen<V: Value + PartialEq>(value: V, hex: &str) {
    let bytes = Codec::Binary.encode(&value, Some(V::eq), u64::MAX).expect("it is stored");
    let mut written = String::new();
    for byte in &bytes {
        write!(written, "{byte:02x}").expect("text takes text");
    }
    let hex: String = hex.split_whitespace().chain(["00000000"]).collect();
    assert_eq!(written, hex, "{value:?}");
    assert_eq!(Codec::Binary.decode::<V>(&bytes), Ok(value));
}

#[test]
fn units_options_and_newtypes() {
    frozen((), "00");
    frozen(Unit, "00");
    frozen(None::<u8>, "01");
    frozen(Some(()), "02 00");
    frozen(Some(None::<u8>), "02 01");
    frozen(Some(Some(7_u8)), "02 02 2007");
    frozen(Byte(7), "2007");
    frozen(Maybe(Some(Some(Byte(7)))), "02 02 2007");
    frozen((false, true), "1202 03 04");
}

#[test]
fn numbers_and_letters() {
    frozen(0x12_u8, "20 12");
    frozen((1_u16, 0x1234_u16), "1202 28 01 29 3412");
    frozen((1_u32, 0x1234_u32, 0x1234_5678_u32), "1203 30 01 31 3412 32 78563412");
    frozen(
        (1_u64, 1_u64 << 8, 1_u64 << 16, 1_u64 << 32),
        "1204 38 01 39 0001 3a 00000100 3b 0000000001000000",
    );
    frozen((1_u128, 1_u128 << 32), "1202 40 01 43 0000000001000000");
    frozen(1_u128 << 64, "44 0000000000000000 0100000000000000");
    frozen(-1_i8, "48 ff");
    frozen((-1_i16, -129_i16), "1202 50 ff 51 7fff");
    frozen((127_i32, 128_i32, -0x8001_i32), "1203 58 7f 59 8000 5a ff7fffff");
    frozen(
        (-1_i64, 1_i64 << 31, 1_i64 << 32),
        "1203 60 ff 63 0000008000000000 63 0000000001000000",
    );
    frozen((-1_i128, 1_i128 << 32), "1202 68 ff 6b 0000000001000000");
    frozen(-1_i128 << 64, "6c 0000000000000000 ffffffffffffffff");
    frozen(1.5_f32, "06 0000c03f");
    frozen(
        (1.5_f64, f64::NEG_INFINITY, -0.0),
        "1203 07 000000000000f83f 07 000000000000f0ff 07 0000000000000080",
    );
    frozen('ß', "05 df000000");
}

#[test]
fn texts_and_bytes() {
    frozen(String::new(), "80");
    frozen("abc".to_owned(), "83 616263");
    frozen("x".repeat(127), &format!("ff {}", "78".repeat(127)));
    frozen("x".repeat(128), &format!("1c 80 {}", "78".repeat(128)));
    frozen("x".repeat(256), &format!("1d 00010000 {}", "78".repeat(256)));
    frozen(Blob(vec![1, 255]), "1a 02 01ff");
    frozen(Blob(vec![1; 256]), &format!("1b 00010000 {}", "01".repeat(256)));
}

#[test]
fn sequences_and_tuples() {
    frozen(Vec::<u8>::new(), "10 00");
    frozen(vec![1_u8, 255], "14 02 01ff");
    frozen(vec![1_u8; 256], &format!("15 00010000 {}", "01".repeat(256)));
    frozen(vec![Byte(1), Byte(2)], "14 02 0102");
    frozen([1_u8, 2], "16 02 0102");
    frozen((1_u8, "a".to_owned()), "12 02 2001 81 61");
    frozen(vec![Some(1_u8), None], "10 02 02 2001 01");
    frozen(vec![vec![1_u8], vec![]], "10 02 14 01 01 10 00");
    frozen(vec![(); 256], &format!("11 00010000 {}", "00".repeat(256)));
}

#[test]
fn maps_and_structs() {
    frozen(BTreeMap::from([((1_u8, None), "a".to_owned()), ((1, Some(2_u16)), String::new())]), {
        "18 02 1202 2001 01 8161 1202 2001 02 2802 80"
    });
    frozen(Inner { x: Some(1), y: "b".to_owned() }, "18 02 81 78 02 3001 81 79 81 62");
    frozen(Options::default(), {
        "18 05 85 706c61696e 01 86 6e6573746564 01 84 756e6974 01 86 746872696365 01 \
         84 6c697374 1000"
    });
}

#[test]
fn fields_that_are_left_out_are_counted() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Sparse {
        a: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        b: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        c: Option<u8>,
    }
    frozen(Sparse { a: 1, b: None, c: None }, "18 02 81 61 2001 08 3002");
    frozen(Sparse { a: 1, b: Some(2), c: None }, "18 03 81 61 2001 81 62 02 2002 08 3001");
}

#[test]
fn a_struct_with_a_flattened_one_has_a_wide_count() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Outer {
        id: u8,
        #[serde(flatten)]
        inner: Inner,
    }
    let outer = Outer { id: 1, inner: Inner { x: None, y: String::new() } };
    frozen(outer, "19 03000000 82 6964 2001 81 78 01 81 79 80");
}

#[test]
fn variants() {
    frozen(Kind::Second, "09 83 326e64");
    frozen(External::New(None), "0a 83 4e6577 01");
    frozen(External::Tuple(1, "a".to_owned()), "0a 85 5475706c65 12 02 2001 81 61");
    frozen(
        External::Struct { a: None, b: vec![1] },
        "0a 86 537472756374 18 02 81 61 01 81 62 14 01 01",
    );
    frozen(Internal::Unit, "18 01 84 74797065 84 556e6974");
    frozen(Adjacent::New(None), "18 02 81 74 09 83 4e6577 81 63 01");
    frozen(Ok::<u8, String>(1), "0a 82 4f6b 2001");
}

/// Types that ask are told that people read, so that serde's buffer, which claims it, says the
/// same.
#[test]
fn addresses_are_text() {
    frozen("10.0.0.1".parse::<std::net::IpAddr>().expect("an address"), "88 31302e302e302e31");
}

/// The seal counts the fields that the type asks for and does not write, here an alias.
#[test]
fn the_seal_counts_missing_fields() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Aliased {
        #[serde(alias = "b")]
        a: u8,
    }
    let bytes = Codec::Binary.encode(&Aliased { a: 1 }, None, u64::MAX);
    assert_eq!(bytes, Ok(vec![0x18, 1, 0x81, 0x61, 0x20, 1, 1, 0, 0, 0]));
}
