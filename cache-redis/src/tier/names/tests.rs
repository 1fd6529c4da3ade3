//! Tests of the names of keys in Redis.

use cachery_core::remote::Place;
use proptest::prelude::*;

use super::*;
use crate::slots::slot;

fn key(name: &'static str, identity: &str, digest: [u8; 32]) -> RemoteKey {
    let identity = identity.parse().expect("sixteen digits");
    let fingerprint = "da28d4c4311462a3".parse().expect("sixteen digits");
    RemoteKey { place: Arc::new(Place { name, identity, fingerprint }), digest: Digest(digest) }
}

fn profile() -> RemoteKey {
    key(
        "profile",
        "5df6bc9eb0c12b80",
        std::array::from_fn(|at| u8::try_from(at * 7).expect("small")),
    )
}

const INVALIDATED: Change = Change::Ended(Ending::Invalid);
const EXPIRED: Change = Change::Ended(Ending::Expired);

fn tenant() -> TagKey {
    TagKey::of("tenant", profile().digest)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_text_of_keys_is_frozen() {
    let (names, key) = (Names::new("eu:shop"), profile());
    let written = [
        names.value(&key),
        names.token(&key),
        names.lease(&key),
        names.waiters(&key),
        names.generation("profile"),
        names.cache_ended("profile", Ending::Invalid, 0x0123_4567_89ab_cdef),
        names.changed(&key, INVALIDATED, 0x0123_4567_89ab_cdef),
        names.changed(&key, Change::WakeUp, 0xff),
        names.watched(),
        names.tag(&tenant()),
        names.tag_ended(&tenant(), Ending::Invalid, 0x0123_4567_89ab_cdef),
        names.cache_ended("profile", Ending::Expired, 0x0123_4567_89ab_cdef),
        names.changed(&key, EXPIRED, 0x0123_4567_89ab_cdef),
        names.tag_ended(&tenant(), Ending::Expired, 0x0123_4567_89ab_cdef),
    ];
    let golden = include_str!("../../../tests/golden/keys.txt");
    let lost = "deployed values would be lost: no key's text may ever change";
    assert_eq!(written.map(text).join("\n"), golden.trim_end(), "{lost}");
}

#[test]
fn a_key_costs_one_allocation_of_its_size() {
    let (names, key) = (Names::new("eu:shop"), profile());
    let of_read = names.read_keys(&key).text;
    let changed = names.changed(&key, Change::WakeUp, 1);
    for text in [names.value(&key), names.token(&key), names.lease(&key), changed, of_read] {
        assert_eq!(text.capacity(), text.len());
    }
}

#[test]
fn a_read_asks_for_the_keys_that_fills_write() {
    let (names, key) = (Names::new("eu:shop"), profile());
    let keys = names.read_keys(&key);
    assert_eq!(keys.value(), names.value(&key));
    assert_eq!(keys.token(), names.token(&key));
    assert_eq!(keys.generation(), names.generation("profile"));
}

#[test]
fn the_end_of_a_cache_is_read_back() {
    let (names, name) = (Names::new("eu:shop"), "user-v1.profile_2");
    for ending in [Ending::Invalid, Ending::Expired] {
        let pushed = names.cache_ended(name, ending, 7);
        assert_eq!(names.parse(&pushed), Some(Pushed::Cache { name, ending, node: 7 }));
    }
}

#[test]
fn values_their_companions_and_generations_are_no_news() {
    let (names, key) = (Names::new("shop"), profile());
    let of_key = [names.value(&key), names.token(&key), names.lease(&key), names.waiters(&key)];
    for text in of_key.into_iter().chain([names.generation("profile"), names.tag(&tenant())]) {
        assert!(!text.starts_with(&names.watched()));
        assert_eq!(names.parse(&text), None);
    }
}

#[test]
fn a_pushed_tag_is_read_as_it_was_written() {
    let (names, TagKey { name, digest, .. }) = (Names::new("eu:shop"), tenant());
    for ending in [Ending::Invalid, Ending::Expired] {
        let pushed = names.tag_ended(&tenant(), ending, 7);
        assert!(pushed.starts_with(&names.watched()));
        let expected = Pushed::Tag { name: &name, digest, ending, node: 7 };
        assert_eq!(names.parse(&pushed), Some(expected));
        assert_eq!(slot(&pushed), slot(&names.tag(&tenant())));
    }
    let good = text(names.tag_ended(&tenant(), Ending::Invalid, 7));
    for bad in [good.replace(":i:", ":w:"), good.replace('}', ""), format!("{good}0")] {
        assert_eq!(names.parse(bad.as_bytes()), None, "{bad}");
    }
}

#[test]
fn what_a_load_returns_is_in_the_slot_of_the_stamp_of_its_tag() {
    let names = Names::new("eu:shop");
    let [stamp, other] = ["tenant", "author"].map(|name| names.tag(&TagKey::stamp(name)));
    let returned = names.tag(&tenant().over_result());
    assert_eq!(text(stamp.clone()), "eu:shop:#tenant:stamp");
    let digest = Hash::from_bytes(tenant().digest.0).to_hex();
    let expected = format!("eu:shop:#tenant:{{eu:shop:#tenant:stamp}}:{digest}");
    assert_eq!(text(returned.clone()), expected);
    assert_eq!(slot(&returned), slot(&stamp));
    assert_ne!(slot(&returned), slot(&other));
    for key in [stamp, returned] {
        assert!(!key.starts_with(&names.watched()) && names.parse(&key).is_none());
    }
}

#[test]
fn another_prefix_is_no_news() {
    let pushed = Names::new("shop").cache_ended("profile", Ending::Invalid, 7);
    assert_eq!(Names::new("shop2").parse(&pushed), None);
    assert_eq!(Names::new("sho").parse(&pushed), None);
}

#[test]
fn what_we_would_not_write_is_no_news() {
    let names = Names::new("p");
    let good = text(names.changed(&profile(), Change::WakeUp, 7));
    assert!(names.parse(good.as_bytes()).is_some());
    let bad = [
        good.replace(":w:", ":x:"),
        good.replace(":w:", "::"),
        good.replace(":w:0", ":w:+"),
        good.replace('}', ""),
        good.replace(":{", ":{0"),
        good.replace("5df6", "5DF6"),
        format!("{good}:"),
        format!("{good}0"),
        good[..good.len() - 1].to_owned(),
        "p:!".to_owned(),
        "p:!name".to_owned(),
        "p:!{p:name:generation}".to_owned(),
        "p:!{p:name:generation}:c:7".to_owned(),
        "p:!{p:name:generation}:c:0000000000000007:".to_owned(),
    ];
    for pushed in bad {
        assert_eq!(names.parse(pushed.as_bytes()), None, "{pushed}");
    }
}

#[test]
fn all_that_belongs_to_a_key_is_in_one_slot() {
    let (names, key) = (Names::new("eu:shop"), profile());
    let texts = [
        names.token(&key),
        names.lease(&key),
        names.waiters(&key),
        names.changed(&key, INVALIDATED, 1),
    ];
    for text in texts {
        assert_eq!(slot(&text), slot(&names.value(&key)));
    }
    for ending in [Ending::Invalid, Ending::Expired] {
        let marker = names.cache_ended("profile", ending, 1);
        assert_eq!(slot(&marker), slot(&names.generation("profile")));
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        prefix in "[a-z:!{}]{0,12}",
        identity in any::<u64>(),
        digest in any::<[u8; 32]>(),
        change in prop_oneof![Just(Change::WakeUp), Just(INVALIDATED), Just(EXPIRED)],
        node in any::<u64>(),
    ) {
        let key = key("a.b-c_D9", &format!("{identity:016x}"), digest);
        let names = Names::new(&prefix);
        let pushed = names.changed(&key, change, node);
        let identity = key.place.identity;
        let expected = Pushed::Changed { identity, digest: key.digest, change, node };
        prop_assert_eq!(names.parse(&pushed), Some(expected));
    }

    #[test]
    fn no_push_is_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "p:!\\PC*") {
        let names = Names::new("p");
        let _ = names.parse(&bytes);
        let _ = names.parse(text.as_bytes());
        let _ = slot(&bytes);
    }
}
