//! What a key tells apart, what it does not, and what it never shows.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::hash::BuildHasher as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use cachery_core::key::{CacheKey, Key, KeyEncoder, KeyHasher, StoredKey};
use equivalent::Equivalent as _;

fn key<T: CacheKey + ?Sized>(value: &T) -> Key {
    KeyEncoder::new().arg(value).finish()
}

#[test]
fn a_value_says_where_it_ends() {
    assert_ne!(key(&("ab", "c")), key(&("a", "bc")));
    assert_ne!(key(&(vec![1, 2], vec![3])), key(&(vec![1], vec![2, 3])));
    assert_ne!(key(&("", "a")), key(&("a", "")));
    assert_ne!(key(&vec![vec![1_u8], vec![]]), key(&vec![vec![], vec![1_u8]]));
}

#[test]
fn order_counts() {
    assert_ne!(key(&("a", "b")), key(&("b", "a")));
    assert_ne!(key(&[1, 2]), key(&[2, 1]));
}

#[test]
fn none_is_not_absence() {
    assert_ne!(key(&None::<u8>), key(&()));
    assert_ne!(key(&(None::<u8>, Some(1_u8))), key(&(Some(1_u8), None::<u8>)));
    assert_ne!(key(&Some(None::<u8>)), key(&None::<Option<u8>>));
    assert_ne!(key(&Some("")), key(&None::<&str>));
    assert_ne!(key(&Ok::<u8, u8>(1)), key(&Err::<u8, u8>(1)));
}

#[test]
fn borrowed_and_owned_text_are_one_key() {
    let text = key("text");
    assert_eq!(key(&"text"), text);
    assert_eq!(key(&"text".to_owned()), text);
    assert_eq!(key(&Cow::Borrowed("text")), text);
    assert_eq!(key(&Cow::<str>::Owned("text".into())), text);
    assert_eq!(key::<Box<str>>(&"text".into()), text);
    assert_eq!(key::<Rc<str>>(&"text".into()), text);
    assert_eq!(key::<Arc<str>>(&"text".into()), text);
    assert_eq!(key(&&&&"text"), text);
}

#[test]
fn borrowed_and_owned_sequences_are_one_key() {
    let numbers = key(&[1, 2, 3][..]);
    assert_eq!(key(&[1, 2, 3]), numbers);
    assert_eq!(key(&vec![1, 2, 3]), numbers);
    assert_eq!(key(&Cow::Borrowed(&[1, 2, 3][..])), numbers);
    assert_eq!(key::<Arc<[i32]>>(&[1, 2, 3].into()), numbers);
}

#[test]
fn borrowed_and_owned_paths_are_one_key() {
    let path = key(Path::new("a/b"));
    assert_eq!(key(&PathBuf::from("a/b")), path);
    assert_eq!(key(&OsString::from("a/b")), path);
}

#[test]
fn parts_and_their_tuple_are_one_key() {
    let apart = KeyEncoder::new().arg(&7_u64).arg("great").finish();
    assert_eq!(apart, key(&(7_u64, "great")));
}

#[test]
fn the_key_of_parts_is_what_an_encoder_makes_of_them() {
    let parts: [&dyn CacheKey; 3] = [&std::any::type_name::<u32>(), &7_u64, &"great"];
    assert_eq!(Key::of(&parts), KeyEncoder::new().arg("u32").arg(&7_u64).arg("great").finish());
    assert_ne!(Key::of(&parts[..2]), Key::of(&parts));
}

#[test]
fn up_to_128_bytes_are_kept_and_more_are_digested() {
    for (len, digested) in
        [(0, false), (127, false), (128, false), (129, true), (255, true), (256, true), (257, true)]
    {
        let bytes = vec![b'x'; len];
        let mut encoder = KeyEncoder::new();
        encoder.write(&bytes);
        let key = encoder.finish();
        assert_eq!(key.is_digest(), digested, "{len}");
        let expected = if digested { blake3::hash(&bytes).as_bytes().to_vec() } else { bytes };
        assert_eq!(key.as_bytes(), expected, "{len}");
    }
}

#[test]
fn an_encoder_can_go_on_after_finish() {
    let mut encoder = KeyEncoder::new();
    for len in 1..=300 {
        encoder.write(b"x");
        let mut at_once = KeyEncoder::new();
        at_once.write(&vec![b'x'; len]);
        assert_eq!(encoder.finish(), at_once.finish(), "{len}");
    }
}

#[test]
fn a_digest_is_not_the_bytes_that_look_like_it() {
    let digest = key(&"x".repeat(200));
    let mut encoder = KeyEncoder::new();
    encoder.write(digest.as_bytes());
    let lookalike = encoder.finish();

    assert_eq!(digest.as_bytes(), lookalike.as_bytes());
    assert_ne!(digest, lookalike);
    assert_ne!(StoredKey::from(&digest), StoredKey::from(&lookalike));
    assert!(!digest.equivalent(&StoredKey::from(&lookalike)));
}

#[test]
fn a_stored_key_is_found_by_its_key() {
    for text in [String::new(), "short".to_owned(), "x".repeat(500)] {
        let (key, other) = (key(&text), key(&(text + "!")));
        let stored = StoredKey::from(&key);
        assert_eq!((stored.hash64(), stored.as_bytes()), (key.hash64(), key.as_bytes()));
        assert_eq!(stored.is_digest(), key.is_digest());
        assert!(key.equivalent(&stored));
        assert!(!other.equivalent(&stored));
        assert_ne!(StoredKey::from(&other), stored);
    }
}

#[test]
fn keys_bring_their_hash_into_every_map() {
    let key = key("text");
    let stored = StoredKey::from(&key);
    assert_eq!(KeyHasher.hash_one(&key), key.hash64());
    assert_eq!(KeyHasher.hash_one(&stored), key.hash64());
    let any = RandomState::new();
    assert_eq!(any.hash_one(&key), any.hash_one(&stored));

    let map = HashMap::<StoredKey, u8, KeyHasher>::from_iter([(stored.clone(), 1)]);
    assert_eq!(map.get(&stored), Some(&1));
}

#[test]
fn whatever_else_is_hashed_with_it_spreads() {
    let hashes: Vec<u64> = ["a", "b", "ab"].iter().map(|text| KeyHasher.hash_one(text)).collect();
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
}

#[test]
fn debug_shows_no_argument() {
    let secret = "s3cret";
    let mut encoder = KeyEncoder::new();
    let key = encoder.arg(secret).finish();
    assert_eq!(format!("{encoder:?}"), "KeyEncoder { len: 14, digested: false, .. }");
    assert_eq!(format!("{key:?}"), "Key { len: 14, digested: false, .. }");
    assert_eq!(
        format!("{:?}", StoredKey::from(&key)),
        "StoredKey { len: 14, digested: false, .. }"
    );

    let key = encoder.arg(&secret.repeat(100)).finish();
    assert_eq!(format!("{encoder:?}"), "KeyEncoder { len: 622, digested: true, .. }");
    assert_eq!(format!("{key:?}"), "Key { len: 32, digested: true, .. }");
}

#[test]
fn a_key_is_small() {
    assert_eq!(size_of::<Key>(), 152);
    // Of which 38 bytes are the key itself, if it is short.
    assert!(size_of::<StoredKey>() <= 48);
}
