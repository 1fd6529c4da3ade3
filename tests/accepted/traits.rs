//! Methods of traits, cached on the impl.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use async_trait::async_trait;
use cachery::{CacheKey, Caches, cached, invalidate, value::CacheValue};

#[async_trait]
pub trait Orders: Send + Sync {
    type Item;

    async fn order(&self, id: u64) -> Result<Self::Item, String>;
    async fn found<'a>(&'a self, text: &'a str, limit: usize) -> Vec<String>;
    async fn cancel(&self, id: u64) -> Result<(), String>;
    fn name(&self, id: u64) -> String;
    async fn count() -> u64
    where
        Self: Sized;
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Order {
    pub id: u64,
}

#[derive(Default)]
pub struct Repo {
    pub tenant: u64,
    pub loads: AtomicU64,
}

/// What the methods say is kept.
#[cached]
#[async_trait]
impl Orders for Repo {
    type Item = Order;

    #[cached(name = "traits-order", ttl = 60, key(self.tenant, id))]
    async fn order(&self, id: u64) -> Result<Self::Item, String> {
        self.loads.fetch_add(1, Relaxed);
        let item: Self::Item = Order { id };
        tokio::task::yield_now().await;
        Ok(item)
    }

    #[cached(name = "traits-found", ttl = 60, key(self.tenant, text), skip(limit))]
    async fn found<'a>(&'a self, text: &'a str, limit: usize) -> Vec<String> {
        text.split(' ').take(limit).map(str::to_owned).collect()
    }

    #[invalidate(self.order(id), all(self.found))]
    async fn cancel(&self, id: u64) -> Result<(), String> {
        (id > 0).then_some(()).ok_or_else(String::new)
    }

    #[cached(name = "traits-name", ttl = 60, skip(self))]
    fn name(&self, id: u64) -> String {
        id.to_string()
    }

    #[cached(name = "traits-count", ttl = 60)]
    async fn count() -> u64 {
        7
    }
}

pub trait Load<K> {
    fn load(&self, key: K) -> impl Future<Output = Option<String>> + Send;
    fn plain(&self) -> u64;
}

pub struct Generic<K, const N: usize>(pub [K; N]);

#[cached]
impl<K, const N: usize> Load<K> for Generic<K, N>
where
    K: CacheKey + Clone + Debug + Send + Sync + 'static,
{
    #[cached(name = "traits-generic", ttl = 60, key(self.0, key))]
    async fn load(&self, key: K) -> Option<String> {
        self.0.first().map(|first| format!("{first:?} {key:?} {N}"))
    }

    fn plain(&self) -> u64 {
        7
    }
}

pub trait Shown {
    fn shown(&self, by: usize) -> String;
}

pub struct Borrowed<'a, T: ?Sized>(pub &'a T);

#[cached]
impl<T: CacheValue + CacheKey + Debug> Shown for Borrowed<'_, BTreeMap<T, T>> {
    #[cached(ttl = 60, key(self.0, by), local, companions = cached_shown)]
    fn shown(&self, by: usize) -> String {
        format!("{:by$?}", self.0)
    }
}

#[cached]
impl Shown for dyn Orders<Item = u8> {
    #[cached(ttl = 60, skip(self), companions = none)]
    fn shown(&self, by: usize) -> String {
        by.to_string()
    }
}

#[tokio::test]
async fn are_cached() {
    let work = async {
        let repo = Repo { tenant: 1, ..Repo::default() };
        let orders: &dyn Orders<Item = Order> = &Repo { tenant: 1, ..Repo::default() };
        assert_eq!(orders.order(1).await, Ok(Order { id: 1 }));
        assert_eq!(repo.order(1).await, Ok(Order { id: 1 }));
        assert_eq!(repo.loads.load(Relaxed), 0, "a hit of what another value of the type loaded");
        assert_eq!(repo.order_peek(1).await, Some(Order { id: 1 }));
        assert_eq!(repo.found("a b c", 2).await, ["a", "b"]);
        repo.cancel(0).await.unwrap_err();
        assert!(repo.order_peek(1).await.is_some());
        repo.cancel(1).await.unwrap();
        assert_eq!((repo.order_peek(1).await, repo.found_peek("a b c").await), (None, None));
        repo.order_put(1, Order { id: 2 }).await;
        assert_eq!(orders.order(1).await, Ok(Order { id: 2 }));
        assert_eq!(repo.order_refresh(1).await, Ok(Order { id: 1 }));
        repo.order_invalidate(1).await;
        assert_eq!((repo.name(3), Repo::name_peek(3)), ("3".to_owned(), Some("3".to_owned())));
        assert_eq!((Repo::count().await, Repo::count_peek().await), (7, Some(7)));
        assert_eq!(Repo::order_cache().stats().loads, 2);

        let generic = Generic([1_u8, 2]);
        assert_eq!(generic.load(3).await.as_deref(), Some("1 3 2"));
        assert_eq!(generic.load_peek(3).await, Some(Some("1 3 2".to_owned())));
        assert_eq!(Generic([1_u16, 2]).load_peek(3).await, None, "another type");
        assert_eq!(generic.plain(), 7);
        let map = BTreeMap::from([(1_u8, 2_u8)]);
        assert_eq!(Borrowed(&map).shown(0), "{1: 2}");
        assert_eq!(Borrowed(&map).cached_shown_peek(0), Some("{1: 2}".to_owned()));
    };
    Caches::isolated().scope(work).await;
}

/// A target of another function names the type.
#[invalidate(Repo::order(repo, id))]
pub async fn removed(repo: &Repo, id: u64) {
    _ = id;
}
