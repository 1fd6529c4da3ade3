//! K1, K2, K5: different calls have different keys, and equal calls the same one.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cachery::{CacheKey, Caches, cached, key::KeyEncoder};
use serde::{Serialize, de::DeserializeOwned};

mod orders {
    #[cachery::cached(ttl = 60)]
    pub(crate) async fn get(_id: u64) -> String {
        "an order".to_owned()
    }
}

mod users {
    #[cachery::cached(ttl = 60)]
    pub(crate) async fn get(_id: u64) -> String {
        "a user".to_owned()
    }
}

#[tokio::test]
async fn two_functions_of_one_name_in_two_modules_share_no_entry() {
    let check = async {
        for _ in 0..4 {
            assert_eq!(orders::get(1).await, "an order");
            assert_eq!(users::get(1).await, "a user");
        }
        let stats = Caches::current().get("get").expect("both are called so").stats();
        assert_eq!((stats.loads, stats.hits, stats.size), (2, 6, 2), "their statistics sum");
        orders::get::cache().clear().await;
        assert_eq!(users::get::peek(1).await, None, "one name is cleared as one");
    };
    Caches::isolated().scope(check).await;
}

#[cached(name = "keys-texts", ttl = 60)]
async fn texts(first: &str, second: String) -> String {
    format!("{first}|{second}")
}

#[cached(name = "keys-lists", ttl = 60)]
async fn lists(first: &[u32], second: Vec<u32>) -> String {
    format!("{first:?}{second:?}")
}

#[cached(name = "keys-maybe", ttl = 60)]
async fn maybe(first: Option<&str>, second: Option<(u8, Option<u8>)>) -> String {
    format!("{first:?}{second:?}")
}

#[tokio::test]
async fn arguments_do_not_run_into_one_another() {
    let check = async {
        for (first, second) in [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", "")] {
            assert_eq!(texts(first, second.into()).await, format!("{first}|{second}"));
        }
        for (first, second) in [(&[1, 2][..], vec![3]), (&[1], vec![2, 3]), (&[], vec![1, 2, 3])] {
            assert_eq!(lists(first, second.clone()).await, format!("{first:?}{second:?}"));
        }
        for (first, second) in
            [(None, None), (Some(""), None), (None, Some((0, None))), (None, Some((0, Some(0))))]
        {
            assert_eq!(maybe(first, second).await, format!("{first:?}{second:?}"));
        }
        assert_eq!(texts::cache().stats().loads, 4);
    };
    Caches::isolated().scope(check).await;
}

#[cached(name = "keys-shout", ttl = 60, key(text.as_ref()))]
async fn shout(text: impl AsRef<str>) -> String {
    text.as_ref().to_uppercase()
}

#[tokio::test]
async fn a_borrowed_argument_hits_what_an_owned_one_stored() {
    let check = async {
        shout(String::from("hello")).await;
        assert_eq!(shout("hello").await, "HELLO");
        assert_eq!(shout::peek(Cow::Borrowed("hello")).await.as_deref(), Some("HELLO"));
        let stats = shout::cache().stats();
        assert_eq!((stats.loads, stats.hits), (1, 1));
    };
    Caches::isolated().scope(check).await;
}

#[cached(name = "keys-width", ttl = 60)]
async fn width<T: CacheKey + Send>(_value: T) -> usize {
    size_of::<T>()
}

#[cached(name = "keys-filled", ttl = 60)]
async fn filled<T, const N: usize>() -> Vec<T>
where
    T: Default + Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    vec![T::default(); N]
}

#[tokio::test]
async fn generic_functions_of_different_types_share_no_entry() {
    let check = async {
        assert_eq!(width::<u32>(1).await, 4);
        assert_eq!(width::<u64>(1).await, 8);
        assert_eq!(width(1_i32).await, 4);
        assert_eq!(width::cache().stats().loads, 3);
        assert_eq!(filled::<u8, 2>().await, [0, 0]);
        assert_eq!(filled::<u8, 3>().await, [0, 0, 0]);
        assert_eq!(filled::<String, 2>().await, ["", ""]);
        assert_eq!(filled::<u8, 2>().await, [0, 0]);
        assert_eq!(filled::cache().stats().hits, 1);
    };
    Caches::isolated().scope(check).await;
}

struct Service<T> {
    id: u64,
    answer: T,
}

impl<T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static> Service<T> {
    #[cached(name = "keys-service", ttl = 60, key(self.id, n))]
    async fn answer(&self, n: u64) -> Option<T> {
        (n > 0).then(|| self.answer.clone())
    }
}

#[tokio::test]
async fn methods_of_two_services_share_no_entry() {
    let check = async {
        let (one, two) = (Service { id: 1, answer: 1_u8 }, Service { id: 2, answer: 2_u8 });
        let same_id = Service { id: 1, answer: "text".to_owned() };
        for _ in 0..4 {
            assert_eq!(one.answer(1).await, Some(1));
            assert_eq!(two.answer(1).await, Some(2));
            assert_eq!(same_id.answer(1).await.as_deref(), Some("text"));
        }
        one.answer_invalidate(1).await;
        assert_eq!(one.answer_peek(1).await, None);
        assert_eq!(two.answer_peek(1).await, Some(Some(2)));
    };
    Caches::isolated().scope(check).await;
}

#[tokio::test]
async fn functions_inside_functions_are_cached_apart() {
    async fn first() -> u8 {
        #[cached(name = "keys-inner-first", ttl = 60)]
        async fn inner() -> u8 {
            1
        }
        inner().await
    }
    async fn second() -> u8 {
        #[cached(name = "keys-inner-second", ttl = 60)]
        async fn inner() -> u8 {
            2
        }
        inner().await
    }
    Caches::isolated().scope(async { assert_eq!((first().await, second().await), (1, 2)) }).await;
}

#[derive(CacheKey)]
struct Range {
    from: u64,
    to: u64,
    #[cache_key(skip)]
    _trace: &'static str,
}

#[derive(CacheKey)]
struct Swapped {
    to: u64,
    from: u64,
}

#[derive(CacheKey)]
enum Shape<'a, T> {
    Unit,
    Tuple(T, &'a str),
    Named { side: T },
}

fn encoded(value: &impl CacheKey) -> Vec<u8> {
    KeyEncoder::new().arg(value).finish().as_bytes().to_vec()
}

#[test]
fn derived_keys_tell_fields_variants_and_order_apart() {
    let range = |from, to, trace| encoded(&Range { from, to, _trace: trace });
    assert_eq!(range(1, 2, "a"), range(1, 2, "b"), "a skipped field does not count");
    assert_ne!(range(1, 2, ""), range(2, 1, ""));
    assert_ne!(
        range(1, 2, ""),
        encoded(&Swapped { to: 1, from: 2 }),
        "a reordered struct has other keys"
    );
    let shapes = [
        encoded(&Shape::<u8>::Unit),
        encoded(&Shape::Tuple(1_u8, "")),
        encoded(&Shape::Named { side: 1_u8 }),
        encoded(&Shape::Named { side: 2_u8 }),
    ];
    assert_eq!(shapes.iter().collect::<BTreeSet<_>>().len(), shapes.len());
}

#[cached(name = "keys-std-types", ttl = 60)]
async fn std_types(
    map: BTreeMap<String, Arc<[u8]>>,
    address: std::net::IpAddr,
    path: &std::path::Path,
) -> usize {
    map.len() + usize::from(address.is_ipv4()) + path.components().count()
}

#[tokio::test]
async fn the_types_that_people_use_are_keys() {
    let check = async {
        let map = || BTreeMap::from([("a".to_owned(), Arc::from(&b"x"[..]))]);
        let path = std::path::PathBuf::from("/a/b");
        assert_eq!(std_types(map(), [127, 0, 0, 1].into(), &path).await, 5);
        assert_eq!(std_types::peek(map(), [127, 0, 0, 1].into(), &path).await, Some(5));
        assert_eq!(std_types::peek(map(), [127, 0, 0, 2].into(), &path).await, None);
    };
    Caches::isolated().scope(check).await;
}
