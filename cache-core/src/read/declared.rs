//! Declared caches: a name, a key type and a value type, declared once by `caches!` and checked at
//! every use.

mod of_many;

use std::{borrow::Borrow, fmt, future::Future, marker::PhantomData};

use super::{
    invalidate::Target,
    keyed::{Budgeted, Keyed, Plain},
    load_output::LoadOutput,
    note::Served,
};
use crate::{
    codec::equality::Equality,
    deciding::{Decide, OptionalValue},
    invalidation::Invalidation,
    key::{Apart, CacheKey, KeyInPlace},
    observe::Stats,
    policy::Policy,
    registry::CacheHandle,
    returns::Returns,
    site::Site,
    value::{CacheValue, LocalValue, ValueOps},
};

/// A cache of `V`s by `K`s, declared by `caches!`.
///
/// Functions cached by `#[cached(cache = ..)]` and these methods share its entries. A borrowed form
/// of the key serves as well: `&str` for `String`. Each call works on the current registry.
///
/// ```
/// use cachery::{cached, caches};
///
/// caches! {
///     /// Names of users by their ids.
///     static NAMES: Cache<u64, String> = { name: "names", ttl: "10m" };
/// }
///
/// #[cached(cache = NAMES)]
/// async fn name(id: u64) -> String {
///     format!("user {id}")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// name(7).await;
/// assert_eq!(NAMES.get(&7).await.as_deref(), Some("user 7"));
/// # }
/// ```
pub struct Cache<K, V> {
    site: &'static Site,
    value: ValueOps<V>,
    key: PhantomData<fn(&K)>,
}

// The bounds stand where a cache is declared, and each once: a wrong type is one error. The bound
// of the key stands where `at` is given it.
impl<K, V> Cache<K, V> {
    #[doc(hidden)]
    pub const fn stored(site: &'static Site) -> Self
    where
        V: CacheValue,
    {
        Self { site, value: ValueOps::stored(), key: PhantomData }
    }

    #[doc(hidden)]
    pub const fn local(site: &'static Site) -> Self
    where
        V: LocalValue,
    {
        Self { site, value: ValueOps::local(), key: PhantomData }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn equal(self, equality: Option<Equality<V>>) -> Self {
        Self { value: self.value.equal(equality), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn decide(self, decide: Decide<V>) -> Self {
        Self { value: self.value.decide(decide), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn optional(self) -> Self
    where
        V: OptionalValue,
    {
        Self { value: self.value.optional(), ..self }
    }

    #[doc(hidden)]
    pub fn at(&self, parts: &[&dyn CacheKey]) -> Plain<V> {
        let Self { site, value, .. } = *self;
        Keyed { site, returns: Returns::plain(), value, key: KeyInPlace::of(parts) }
    }

    #[doc(hidden)]
    pub fn budgeted_at(&self, parts: &[&dyn CacheKey]) -> Budgeted<V> {
        Budgeted(self.at(parts))
    }

    /// Returns the name in the declaration.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_1", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// assert_eq!(USERS.name(), "users_1");
    /// # }
    /// ```
    pub fn name(&self) -> &'static str {
        self.site.name
    }

    /// Returns this cache in the current registry, without its types.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_2", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// USERS.handle().set_enabled(false);
    /// # }
    /// ```
    pub fn handle(&self) -> CacheHandle {
        CacheHandle::of(self.site)
    }

    /// Returns the exact counts so far.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_3", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// USERS.get(&7).await;
    /// assert_eq!(USERS.stats().misses, 1);
    /// # }
    /// ```
    pub fn stats(&self) -> Stats {
        self.handle().stats()
    }

    /// Returns the policy in effect, after all configuration.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_4", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// assert_eq!(USERS.policy().capacity, 10_000);
    /// # }
    /// ```
    pub fn policy(&self) -> Policy {
        self.handle().policy()
    }

    /// Returns the value of `key`, if it is fresh or stale. Counts as a hit or a miss.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_5", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// assert_eq!(USERS.get(&7).await, None);
    /// # }
    /// ```
    pub fn get<Q>(&self, key: &Q) -> impl Future<Output = Option<V>> + use<K, V, Q>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        self.at(&[&key]).get()
    }

    /// Returns the value of `key` as [`get`](Self::get) does, and where it came from.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_13", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use cachery::Tier;
    ///
    /// USERS.put(&7, "Ada".to_owned()).await;
    /// let served = USERS.served(&7).await.unwrap();
    /// assert_eq!((&*served.value, served.tier), ("Ada", Tier::Memory));
    /// # }
    /// ```
    pub fn served<Q>(&self, key: &Q) -> impl Future<Output = Option<Served<V>>> + use<K, V, Q>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        self.at(&[&key]).get_served()
    }

    /// Tells whether `key` has a value that is fresh or stale. Is not counted.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_6", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// USERS.put(&7, "Ada".to_owned()).await;
    /// assert!(USERS.contains(&7).await);
    /// # }
    /// ```
    pub fn contains<Q>(&self, key: &Q) -> impl Future<Output = bool> + use<K, V, Q>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        let found = self.at(&[&key]).peek();
        async { found.await.is_some() }
    }

    /// Returns the value of `key`: stored, shared with a caller who loads it already, or loaded by
    /// `load`, which returns a `V` or a `Result` of one. It works as a cached function does, except
    /// that a failed load's error is for its own caller only. Dropping the future is safe at any
    /// point; a load that it ran passes to the next caller who waits.
    ///
    /// # Errors
    /// Returns the error of `load`. An error is never stored.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_7", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let load = || async { Ok::<_, String>("Ada".to_owned()) };
    /// assert_eq!(USERS.get_or_load(&7, load).await.as_deref(), Ok("Ada"));
    /// assert_eq!(USERS.get(&7).await.as_deref(), Some("Ada"));
    /// # }
    /// ```
    pub fn get_or_load<Q, F, R>(&self, key: &Q, load: impl FnOnce() -> F) -> impl Future<Output = R>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
        F: Future<Output = R>,
        R: LoadOutput<V>,
    {
        let Keyed { site, value, key, .. } = self.at(&[&key]);
        async move {
            let at = |place: &mut KeyInPlace| {
                *place = key.again();
                Keyed { site, returns: R::returns(), value, key: Apart }
            };
            crate::__call!(at => async move { load().await })
        }
    }

    /// Stores `value` for `key`.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_8", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// USERS.put(&7, "Ada".to_owned()).await;
    /// assert_eq!(USERS.get(&7).await.as_deref(), Some("Ada"));
    /// # }
    /// ```
    pub fn put<Q>(&self, key: &Q, value: V) -> impl Future<Output = ()> + use<K, V, Q>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        self.at(&[&key]).put(value)
    }

    /// Invalidates `key`, and returns the reach of that.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_9", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # use cachery::Invalidation;
    /// USERS.put(&7, "Ada".to_owned()).await;
    /// assert_eq!(USERS.invalidate(&7).await, Invalidation::Local);
    /// assert_eq!(USERS.get(&7).await, None);
    /// # }
    /// ```
    pub fn invalidate<Q>(&self, key: &Q) -> impl Future<Output = Invalidation> + use<K, V, Q>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        self.at(&[&key]).invalidate()
    }

    /// Lets `key` expire, and returns the reach of that: the next call loads, and the old value is
    /// returned only when that load fails or takes too long.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_21", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// USERS.put(&7, "Ada".to_owned()).await;
    /// USERS.expire(&7).await;
    /// let fails = || async { Err::<String, _>("the origin is away") };
    /// assert_eq!(USERS.get_or_load(&7, fails).await.as_deref(), Ok("Ada"));
    /// # }
    /// ```
    pub fn expire<Q>(&self, key: &Q) -> impl Future<Output = Invalidation> + use<K, V, Q>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        self.at(&[&key]).expire()
    }

    /// Returns the invalidation of `key` as a value, to be applied later by
    /// [`Invalidations`](super::Invalidations).
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_12", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use cachery::Invalidations;
    ///
    /// let mut later = Invalidations::new();
    /// later.add(USERS.target(&7));
    /// later.apply().await;
    /// # }
    /// ```
    pub fn target<Q>(&self, key: &Q) -> Target
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        self.at(&[&key]).target()
    }

    /// Makes every entry invalid, on all nodes where the cache is shared.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_11", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// USERS.put(&7, "Ada".to_owned()).await;
    /// USERS.clear().await;
    /// assert_eq!(USERS.get(&7).await, None);
    /// # }
    /// ```
    pub async fn clear(&self) -> Invalidation {
        self.handle().clear().await
    }

    /// Lets every entry expire, on all nodes where the cache is shared, as [`expire`](Self::expire)
    /// does for one.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_42", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// USERS.put(&7, "Ada".to_owned()).await;
    /// USERS.expire_all().await;
    /// assert_eq!(USERS.get(&7).await, None);
    /// # }
    /// ```
    pub async fn expire_all(&self) -> Invalidation {
        self.handle().expire_all().await
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("name", &self.site.name).finish_non_exhaustive()
    }
}
