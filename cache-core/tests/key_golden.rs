//! The bytes of keys, frozen.
//!
//! Keys outlive a process: another version of a program, or another program, reads under them what
//! this one stored in a remote cache. A changed line here would turn every stored value into a miss
//! at best, and into the answer to another question at worst. So a line may be added, and none may
//! ever change.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::num::NonZero;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use cachery_core::key::{CacheKey, KeyEncoder, shape};

#[track_caller]
fn frozen<T: CacheKey + ?Sized>(value: &T, golden: &str) {
    let key = KeyEncoder::new().arg(value).finish();
    let mut hex = String::from(if key.is_digest() { "digest " } else { "" });
    for byte in key.as_bytes() {
        write!(hex, "{byte:02x}").expect("a string takes every write");
    }
    assert_eq!(hex, golden.replace('_', ""));
}

#[test]
fn integers_are_little_endian_in_their_width() {
    frozen(&0x12_u8, "12");
    frozen(&0x1234_u16, "3412");
    frozen(&0x1234_5678_u32, "78563412");
    frozen(&0x1234_5678_9abc_def0_u64, "f0debc9a78563412");
    frozen(&1_u128, "01000000000000000000000000000000");
    frozen(&1_usize, "0100000000000000");
    frozen(&-2_i8, "fe");
    frozen(&-2_i16, "feff");
    frozen(&-2_i32, "feffffff");
    frozen(&-2_i64, "feffffffffffffff");
    frozen(&-2_i128, "feffffffffffffffffffffffffffffff");
    frozen(&-2_isize, "feffffffffffffff");
    frozen(&NonZero::new(5_u32).unwrap(), "05000000");
    frozen(&NonZero::new(5_usize).unwrap(), "0500000000000000");
}

#[test]
fn bool_and_char() {
    frozen(&false, "00");
    frozen(&true, "01");
    frozen(&'a', "61000000");
    frozen(&'\u{1f980}', "80f90100");
}

#[test]
fn text_and_bytes_have_their_length_first() {
    frozen("", "0000000000000000");
    frozen("key", "0300000000000000_6b6579");
    frozen("é", "0200000000000000_c3a9");
    frozen(&[1_u8, 2][..], "0200000000000000_0102");
    frozen(Path::new("a/b"), "0300000000000000_612f62");
    frozen(OsStr::new("os"), "0200000000000000_6f73");
}

#[test]
fn sequences_have_their_length_first() {
    frozen(&vec![1_u16, 2], "0200000000000000_0100_0200");
    frozen(&[1_u16, 2], "0200000000000000_0100_0200");
    frozen(
        &[["a"], ["b"]],
        "0200000000000000_0100000000000000_0100000000000000_61_0100000000000000_0100000000000000_62",
    );
    frozen(&[(); 3], "0300000000000000");
    frozen(&BTreeSet::from([2_u8, 1]), "0200000000000000_01_02");
    frozen(&BTreeMap::from([(2_u8, 'b'), (1, 'a')]), "0200000000000000_01_61000000_02_62000000");
}

#[test]
fn tuples_are_their_parts() {
    frozen(&(), "");
    frozen(&PhantomData::<str>, "");
    frozen(&(7_u8,), "07");
    frozen(&(7_u64, "great"), "0700000000000000_0500000000000000_6772656174");
    frozen(
        &(1_u8, 2_u8, 3_u8, 4_u8, 5_u8, 6_u8, 7_u8, 8_u8, 9_u8, 10_u8, 11_u8, 12_u8),
        "0102030405060708090a0b0c",
    );
}

#[test]
fn options_and_results_have_a_mark() {
    frozen(&None::<u8>, "00");
    frozen(&Some(7_u8), "01_07");
    frozen(&Some(None::<u8>), "01_00");
    frozen(&Ok::<u8, u16>(7), "00_07");
    frozen(&Err::<u8, u16>(7), "01_0700");
}

#[test]
fn pointers_are_what_they_point_to() {
    frozen(&Box::new(&7_u8), "07");
    frozen(&Cow::Borrowed("key"), "0300000000000000_6b6579");
}

#[test]
fn times() {
    frozen(&Duration::new(3, 4), "0300000000000000_04000000");
    frozen(&(UNIX_EPOCH + Duration::new(1, 1)), "01ca9a3b000000000000000000000000");
    frozen(&(UNIX_EPOCH - Duration::from_nanos(1)), "ffffffffffffffffffffffffffffffff");
}

#[test]
fn addresses() {
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    frozen(&Ipv4Addr::LOCALHOST, "7f000001");
    frozen(&v6, "20010db8000000000000000000000001");
    frozen(&IpAddr::from(Ipv4Addr::LOCALHOST), "04_7f000001");
    frozen(&IpAddr::from(v6), "06_20010db8000000000000000000000001");
    frozen(&SocketAddr::from((Ipv4Addr::LOCALHOST, 80)), "04_7f000001_5000");
    frozen(
        &SocketAddr::from(SocketAddrV6::new(v6, 80, 1, 2)),
        "06_20010db8000000000000000000000001_5000_01000000_02000000",
    );
}

#[test]
fn more_than_128_bytes_are_their_blake3_digest() {
    // The longest text that is kept, and one byte more.
    frozen("x".repeat(120).as_str(), &format!("7800000000000000{}", "78".repeat(120)));
    frozen(
        "x".repeat(121).as_str(),
        "digest 7ade8e7ba9365d3bfdc61a2c097414803ce43460fc97c944a5769f66aba79371",
    );
}

#[test]
fn shapes_are_fnv_1a() {
    // The last two from the test vectors of the FNV authors.
    for (text, golden) in [
        ("", 0xcbf2_9ce4_8422_2325),
        ("a", 0xaf63_dc4c_8601_ec8c),
        ("foobar", 0x8594_4171_f739_67e8),
    ] {
        assert_eq!(shape(text), golden, "{text}");
    }
    let key = KeyEncoder::new().shape(0x1234).finish();
    assert_eq!(key.as_bytes(), 0x1234_u64.to_le_bytes());
}
