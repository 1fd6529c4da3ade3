//! K5: `key(..)` says how a part is formed, `skip(..)` leaves a parameter out, all else is a part.

use std::{fmt::Debug, ops::Deref};

use cachery::{CacheKey, Caches, cached, caches, invalidate};

async fn alone<F: Future>(test: F) -> F::Output {
    Caches::isolated().scope(test).await
}

#[cached(name = "parts-trimmed", ttl = 60, key(text.trim()))]
async fn trimmed(tenant: u64, text: &str) -> String {
    format!("{tenant} {}", text.trim())
}

#[tokio::test]
async fn a_parameter_that_key_does_not_name_is_a_part() {
    alone(async {
        assert_eq!(trimmed(1, "a").await, "1 a");
        assert_eq!(trimmed(2, "a").await, "2 a", "never the value of another tenant");
        assert_eq!(trimmed(1, " a ").await, "1 a");
        assert_eq!(trimmed::peek(2, "a ").await.as_deref(), Some("2 a"));
        assert_eq!(trimmed::cache().stats().loads, 2);
    })
    .await;
}

#[cached(name = "parts-complete", ttl = 60, key(temperature.map(f32::to_bits)), skip(trace))]
async fn complete(model: &str, text: &str, temperature: Option<f32>, trace: u64) -> String {
    format!("{model} {text} {temperature:?} {trace}")
}

#[tokio::test]
async fn one_part_is_formed_without_a_list_of_the_others() {
    alone(async {
        let first = complete("m", "t", Some(0.5), 1).await;
        assert_eq!(complete("m", "t", Some(0.5), 2).await, first, "the trace is left out");
        for (model, text, temperature) in
            [("n", "t", Some(0.5)), ("m", "u", Some(0.5)), ("m", "t", Some(0.25)), ("m", "t", None)]
        {
            assert_ne!(complete(model, text, temperature, 1).await, first);
        }
        assert_eq!(complete::cache().stats().loads, 5);
    })
    .await;
}

#[cached(name = "parts-read", ttl = 60, key(path.as_ref()))]
async fn read<T: From<u8> + CacheKey + cachery::value::CacheValue, P>(path: P, kind: T) -> Vec<T>
where
    P: AsRef<str> + Send,
{
    vec![kind; path.as_ref().len()]
}

#[invalidate(read::<u8>(path, kind))]
async fn written(path: &str, kind: u8) {}

#[tokio::test]
async fn a_type_that_key_converts_is_no_part() {
    alone(async {
        assert_eq!(read("ab".to_owned(), 1_u8).await, [1, 1]);
        assert_eq!(
            read::peek::<u8>("ab", 1).await,
            Some(vec![1, 1]),
            "an owned and a borrowed path"
        );
        written("ab", 1).await;
        assert_eq!(read::peek::<u8>(String::from("ab"), 1).await, None);
        assert_eq!(read("ab", 1_u16).await, [1, 1], "the type of the values is a part");
        assert_eq!(read::peek::<u8>("ab", 1).await, None);
    })
    .await;
}

trait Client {
    fn answer(&self) -> u64;
}

struct Slow(u64);
struct Fast(u64);

impl Client for Slow {
    fn answer(&self) -> u64 {
        self.0
    }
}

impl Client for Fast {
    fn answer(&self) -> u64 {
        self.0
    }
}

#[cached(name = "parts-asked", ttl = 60, skip(client))]
async fn asked<C: Client, const N: u64>(client: &C, id: u64) -> u64 {
    client.answer() + id + N
}

#[tokio::test]
async fn a_type_of_skipped_parameters_alone_is_no_part_and_a_constant_is() {
    alone(async {
        assert_eq!(asked::<_, 0>(&Slow(1), 0).await, 1);
        assert_eq!(asked::<_, 0>(&Fast(2), 0).await, 1, "one entry for every client");
        assert_eq!(asked::peek::<0>(0).await, Some(1), "companions do not take the client's type");
        assert_eq!(asked::<_, 5>(&Fast(2), 0).await, 7);
    })
    .await;
}

#[cached(name = "parts-shown", ttl = 60, key(id.into()))]
async fn shown(id: impl Into<u64> + Debug + Copy) -> String {
    format!("{id:?} {}", id.into())
}

#[cached(name = "parts-numbered", ttl = 60, key(id.deref()))]
async fn numbered(id: impl Deref<Target = u64> + Send) -> u64 {
    *id
}

#[tokio::test]
async fn a_hidden_type_is_a_part_unless_it_only_converts() {
    alone(async {
        assert_eq!(shown(1_u8).await, "1 1");
        assert_eq!(shown(1_u16).await, "1 1");
        assert_eq!(
            shown::cache().stats().loads,
            2,
            "the value shows more than the conversion does"
        );
        numbered(Box::new(1)).await;
        numbered(&1).await;
        assert_eq!(numbered::cache().stats().loads, 1);
    })
    .await;
}

#[cached(name = "parts-named", ttl = 60)]
async fn named<T>(id: u64) -> String {
    format!("{} {id}", std::any::type_name::<T>())
}

#[tokio::test]
async fn a_type_of_no_parameter_is_a_part() {
    alone(async {
        assert_eq!(named::<u8>(1).await, "u8 1");
        assert_eq!(named::<u16>(1).await, "u16 1");
        assert_eq!(named::peek::<u8>(1).await.as_deref(), Some("u8 1"));
    })
    .await;
}

struct Shelf<T>(T);

impl<T: cachery::value::CacheValue> Shelf<T> {
    #[cached(name = "parts-shelf", ttl = 60, skip(self))]
    async fn size(&self, id: u64) -> u64 {
        id + size_of::<T>() as u64
    }

    #[cached(name = "parts-top", ttl = 60, skip(self))]
    async fn top(&self, _id: u64) -> Option<T> {
        Some(self.0.clone())
    }

    #[cached(name = "parts-depth", ttl = 60, key(self.0.clone(), id))]
    async fn depth(&self, id: u64) -> u64
    where
        T: CacheKey,
    {
        id + size_of::<T>() as u64
    }
}

#[tokio::test]
async fn the_type_of_a_skipped_self_is_no_part_and_values_of_two_types_never_meet() {
    alone(async {
        assert_eq!(Shelf(1_u8).size(1).await, 2);
        assert_eq!(Shelf(1_u64).size(1).await, 2, "`self` was left out, and its type with it");
        for _ in 0..2 {
            assert_eq!(Shelf(1_u8).top(1).await, Some(1_u8));
            assert_eq!(Shelf(2_u64).top(1).await, Some(2_u64));
        }
        assert_eq!(Shelf::<u8>::top_cache().stats().loads, 2);
        assert_eq!(Shelf(1_u8).depth(1).await, 2);
        assert_eq!(Shelf(1_u64).depth(1).await, 9);
    })
    .await;
}

caches! {
    static LINES: Cache<(u64, String), u64> = { name: "parts-lines", ttl: 60 };
}

#[cached(cache = LINES, key(tenant, line.trim()), skip(trace))]
async fn length(line: &str, tenant: u64, trace: u8) -> u64 {
    line.trim().len() as u64 + tenant + u64::from(trace)
}

#[tokio::test]
async fn in_a_declared_cache_key_lists_the_parts_in_the_order_of_its_type() {
    alone(async {
        assert_eq!(length(" ab", 7, 0).await, 9);
        assert_eq!(LINES.get(&(7, "ab".to_owned())).await, Some(9));
        assert_eq!(length::peek("ab", 7).await, Some(9));
    })
    .await;
}
