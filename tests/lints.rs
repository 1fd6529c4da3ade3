//! Expansions are silent under the strictest lints: `cargo clippy --all-targets -- -D warnings`
//! checks this file.
#![deny(missing_docs, warnings, clippy::pedantic, clippy::nursery)]
#![deny(
    missing_copy_implementations,
    missing_debug_implementations,
    single_use_lifetimes,
    unnameable_types,
    unreachable_pub,
    unused_lifetimes,
    unused_qualifications,
    unused_results
)]
// A lint that is forbidden here may not be allowed by an expansion.
#![forbid(unsafe_code, unused_must_use, clippy::await_holding_lock)]

use std::sync::Arc;

use cachery::{CacheKey, cache_put, cached, caches, invalidate, value::CacheValue};

/// Part of a key.
#[derive(CacheKey, Clone, Debug)]
pub struct Query<T, I: Iterator> {
    /// A parameter.
    pub text: T,
    /// A projection.
    pub item: I::Item,
    /// Left out.
    #[cache_key(skip)]
    pub weight: f64,
    /// The type itself.
    pub next: Option<Box<Self>>,
}

/// Every kind of variant.
#[derive(CacheKey, Clone, Debug)]
pub enum Kind {
    /// Alone.
    Unit,
    /// Without names.
    Tuple(u8, #[cache_key(skip)] f64, String),
    /// With names.
    Named {
        /// First.
        first: u8,
        /// Second.
        #[cache_key(skip)]
        second: f64,
    },
}

/// Nothing.
#[derive(CacheKey, Clone, Copy, Debug)]
pub struct Nothing;

/// Never.
#[derive(CacheKey, Clone, Copy, Debug)]
pub enum Never {}

/// Fails for zero.
///
/// # Errors
/// For zero.
#[cached(name = "half-of", ttl = 3600, capacity = 10, version = 2)]
pub async fn half(n: u64, text: &str) -> Result<u64, String> {
    tokio::task::yield_now().await;
    if n == 0 {
        return Err(text.to_owned());
    }
    Ok(n / 2)
}

/// Takes what it does not use.
#[cached(ttl = "forever", local, skip(_db))]
pub async fn unused(
    _db: &str,
    _tenant: u64,
    mut n: u64,
    names: Vec<String>,
    mode: Option<&Kind>,
) -> Option<u64> {
    tokio::task::yield_now().await;
    n += u64::from(mode.is_some());
    names.first().map(|name| name.len() as u64 + n)
}

/// Calls itself.
#[cached(ttl = 60)]
pub async fn fib(n: u64) -> u64 {
    if n < 2 { n } else { Box::pin(fib(n - 1)).await + Box::pin(fib(n - 2)).await }
}

/// Is not async.
///
/// # Errors
/// For zero.
#[cached(name = "third-of", ttl = 3600, skip(log))]
pub fn third(n: u64, text: &str, log: &mut Vec<u64>) -> Result<u64, String> {
    log.push(n);
    if n == 0 {
        return Err(text.to_owned());
    }
    Ok(n / 3)
}

/// Changes what is cached, and is not async.
///
/// # Errors
/// For zero.
#[invalidate(third(*n, text, _), all(half))]
#[cache_put(fib(*n))]
pub fn thirds(n: &u64, text: &str) -> Result<u64, String> {
    if *n == 0 {
        return Err(text.to_owned());
    }
    Ok(*n)
}

/// Generic over all there is, and not async.
#[cached(ttl = 60)]
pub fn repeat_now<'a, T, const N: usize>(value: &'a T, by: &'a str, mark: impl CacheKey) -> Vec<T>
where
    T: CacheKey + CacheValue,
{
    drop((by, mark));
    vec![value.clone(); N]
}

/// Generic over all there is.
#[cached(ttl = 60)]
pub async fn repeat<'a, T, const N: usize>(
    value: &'a T,
    by: &'a str,
    mark: impl CacheKey + Send + Sync,
) -> Vec<T>
where
    T: CacheKey + CacheValue,
{
    tokio::task::yield_now().await;
    drop((by, mark));
    vec![value.clone(); N]
}

/// Its type parameter is in no companion.
#[cached(ttl = 60, skip(by))]
pub async fn skipped<T: Sync>(by: &T, n: u8) -> u8 {
    tokio::task::yield_now().await;
    n + u8::from(size_of_val(by) > 1)
}

/// Has methods.
#[derive(Debug)]
pub struct Repo<T> {
    tenant: u64,
    value: T,
}

impl<T: CacheValue> Repo<T> {
    /// By fields.
    ///
    /// # Errors
    /// Never.
    #[cached(ttl = "5m", key(self.tenant, id + 1, (id, "order")), skip(log))]
    pub async fn order(&self, id: u64, log: &mut Vec<u64>) -> Result<T, String> {
        tokio::task::yield_now().await;
        log.push(id);
        Ok(self.value.clone())
    }

    /// By fields, and not async.
    #[cached(ttl = "5m", key(self.tenant, id))]
    pub fn order_now(&self, id: u64) -> Option<T> {
        (id > 0).then(|| self.value.clone())
    }

    /// With one lifetime for `self` and for what it is asked.
    #[cached(ttl = "5m", key(self.tenant, text))]
    pub async fn found<'a>(&'a self, text: &'a str) -> Option<u64> {
        tokio::task::yield_now().await;
        text.parse().ok().filter(|found| *found == self.tenant)
    }

    /// Without `self`.
    #[cached(ttl = "5m", skip(self))]
    #[expect(clippy::unused_self, reason = "that is the case")]
    pub async fn shared(self: Arc<Self>, id: u64) -> u64 {
        tokio::task::yield_now().await;
        id
    }

    /// Without a receiver.
    #[cached(ttl = "5m")]
    pub async fn made(id: u64) -> u64 {
        tokio::task::yield_now().await;
        id + size_of::<Self>() as u64
    }

    /// Takes as much as a method may.
    #[cached(ttl = "5m", key(self.tenant, one, two, three, four, five, six))]
    pub async fn six(&self, one: u8, two: u8, three: u8, four: u8, five: u8, six: u8) -> u8 {
        tokio::task::yield_now().await;
        one + two + three + four + five + six
    }

    /// Takes itself and a pair apart.
    #[cached(ttl = "5m", skip(self, pair, _mode), local)]
    pub async fn apart(self, id: u64, pair: (u64, u64), _mode: u8) -> u64 {
        tokio::task::yield_now().await;
        id + pair.0 + self.tenant
    }
}

/// Has cached methods.
pub trait Shop {
    /// What it sells.
    type Item;

    /// Sells.
    ///
    /// # Errors
    /// Never.
    fn sell(&self, id: u64) -> impl Future<Output = Result<Self::Item, String>> + Send;

    /// Counts.
    fn count(&self, id: u64) -> u64;

    /// Changes.
    fn change(&self, id: u64);
}

#[cached]
impl<T: CacheValue> Shop for Repo<T> {
    type Item = T;

    #[cached(ttl = "5m", key(self.tenant, id))]
    async fn sell(&self, id: u64) -> Result<Self::Item, String> {
        tokio::task::yield_now().await;
        let item: Self::Item = self.value.clone();
        if id > 0 { Ok(item) } else { Err(String::new()) }
    }

    #[cached(ttl = "5m", key(self.tenant, id), companions = cached_count)]
    fn count(&self, id: u64) -> u64 {
        self.tenant + id
    }

    #[invalidate(self.sell(id), self.cached_count(id))]
    fn change(&self, id: u64) {
        assert!(id < 1_000, "there are fewer");
    }
}

/// Takes as much as a function may: `put` takes the value, too.
#[cached(ttl = 60, local)]
pub async fn seven(one: u8, two: u8, three: u8, four: u8, five: u8, six: u8, last: u8) -> u8 {
    tokio::task::yield_now().await;
    one + two + three + four + five + six + last
}

#[cached(ttl = 60)]
#[must_use]
async fn lonely(n: u8) -> u8 {
    tokio::task::yield_now().await;
    n
}

struct Lonely;

impl Lonely {
    #[cached(ttl = 60, skip(self))]
    async fn lonely(&self, n: u8) -> u8 {
        tokio::task::yield_now().await;
        n
    }
}

caches! {
    /// A declared cache, with an underscore in its name.
    pub static ALL_HALVES: Cache<(u64, String), Vec<u64>> = { name: "all-halves", ttl: 60, capacity: 10, version: 1 };
    static SMALL: Cache<u8, u8> = { name: "small", ttl: 60, local };
}

/// A function that fills a declared cache.
///
/// # Errors
/// For the empty text.
#[cached(cache = ALL_HALVES, key(n, text))]
pub async fn halves(n: u64, text: &str) -> Result<Vec<u64>, String> {
    tokio::task::yield_now().await;
    if text.is_empty() { Err("empty".into()) } else { Ok(vec![n / 2]) }
}

/// Early returns, a moved argument, one that is not used.
///
/// # Errors
/// For zero.
#[invalidate(half(n, &text), ALL_HALVES(n, text), all(fib))]
pub async fn forget(n: u64, text: String, _unused: &str) -> Result<usize, String> {
    if n == 0 {
        return Err("zero".into());
    }
    tokio::task::yield_now().await;
    let text: String = Ok::<_, String>(text)?;
    Ok(text.len())
}

/// Nothing is returned.
#[invalidate(before, fib(n), SMALL(1))]
pub async fn forget_before(n: u64) {
    tokio::task::yield_now().await;
    assert!(n > 0);
}

/// What is returned names the key.
///
/// # Errors
/// Never.
#[cache_put(half(*result, "put"))]
#[must_use = "it is the result"]
pub async fn stored(n: u64) -> Result<u64, String> {
    tokio::task::yield_now().await;
    Ok(n)
}

/// A function that is written by a macro.
macro_rules! written {
    ($name:ident) => {
        #[cached(name = "written", ttl = 60)]
        async fn $name(n: u8) -> u8 {
            tokio::task::yield_now().await;
            n
        }
    };
}

written!(by_macro);

#[tokio::test]
async fn they_run() {
    assert_eq!(by_macro(1).await, 1);
    assert_eq!(halves(4, "a").await, Ok(vec![2]));
    assert_eq!(forget(4, "a".into(), "").await, Ok(1));
    assert_eq!(ALL_HALVES.get(&(4, "a".into())).await, None);
    forget_before(4).await;
    assert_eq!(stored(4).await, Ok(4));
    assert_eq!(half::peek(4, "put").await, Some(4));
    assert_eq!(half(4, "zero").await, Ok(2));
    assert_eq!(half::peek(4, "zero").await, Some(2));
    assert_eq!(unused("db", 1, 2, vec!["a".into()], None).await, Some(3));
    assert_eq!(unused::peek(1, 2, vec!["a".into()], None).await, Some(Some(3)));
    assert_eq!(fib(20).await, 6765);
    assert_eq!(repeat::<_, 2>(&1_u8, "x", 'm').await, [1, 1]);
    assert_eq!(repeat::peek::<u8, 2>(&1, "x", 'm').await, Some(vec![1, 1]));
    assert_eq!(skipped(&1_u8, 1).await, 1);
    assert_eq!(skipped::peek(1).await, Some(1));
    let repo = Arc::new(Repo { tenant: 7, value: 1_u8 });
    assert_eq!(repo.order(1, &mut vec![]).await, Ok(1));
    assert_eq!(repo.order_peek(1).await, Some(1));
    assert_eq!(Arc::clone(&repo).shared(1).await, 1);
    assert_eq!(Repo::<u8>::shared_peek(1).await, Some(1));
    assert_eq!(Repo::<u8>::made(1).await, Repo::<u8>::made_peek(1).await.unwrap_or_default());
    assert_eq!(Repo { tenant: 7, value: () }.apart(1, (2, 3), 4).await, 10);
    assert_eq!(Repo::<()>::apart_peek(1).await, Some(10));
    assert_eq!(seven(1, 1, 1, 1, 1, 1, 1).await, 7);
    assert_eq!(Repo { tenant: 8, value: () }.six(1, 1, 1, 1, 1, 1).await, 6);
    assert_eq!(lonely(Lonely.lonely(1).await).await, 1);
}
