//! The methods of a declared cache that work on many keys at once.

use std::{borrow::Borrow, future::Future};

use super::{
    super::{
        batch::Batch,
        invalidate::Target,
        keyed::Keyed,
        load_output::LoadManyOutput,
        many::{self, invalidate_targets},
    },
    Cache,
};
use crate::{
    invalidation::Invalidation,
    key::{CacheKey, KeyInPlace},
    returns::Returns,
};

impl<K, V> Cache<K, V> {
    /// Returns the values of all these keys, in their order, as [`get`](Self::get) does. In Redis
    /// they are one request to each server.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_14", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// USERS.put(&7, "Ada".to_owned()).await;
    /// assert_eq!(USERS.get_many(&[6, 7]).await, [None, Some("Ada".to_owned())]);
    /// # }
    /// ```
    pub fn get_many<'k, Q>(
        &self,
        keys: impl IntoIterator<Item = &'k Q>,
    ) -> impl Future<Output = Vec<Option<V>>>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized + 'k,
    {
        let keys = keys.into_iter().map(|key| self.at(&[&key])).collect();
        many::get_many(keys)
    }

    /// Returns the values of all these keys, in their order, as
    /// [`get_or_load`](Self::get_or_load) does. `load` gets the keys that are neither stored nor
    /// loaded by others, each once, and returns their values in this order: a `Result<Vec<V>, E>`
    /// with one error for all, or a `Vec<Result<V, E>>`. An error is made of a wrong number of
    /// values, so it is `From<WrongLength>`.
    ///
    /// It may be called more than once: for keys whose load another caller gave up.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_15", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// USERS.put(&7, "Ada".to_owned()).await;
    /// let load = |missing: Vec<u64>| async move {
    ///     assert_eq!(missing, [6]);
    ///     Ok::<_, String>(vec!["Alan".to_owned()])
    /// };
    /// assert_eq!(USERS.get_or_load_many(&[6, 7], load).await.unwrap(), ["Alan", "Ada"]);
    /// # }
    /// ```
    pub async fn get_or_load_many<'k, Q, F, R>(
        &self,
        keys: impl IntoIterator<Item = &'k Q>,
        load: impl Fn(Vec<K>) -> F,
    ) -> R
    where
        K: Borrow<Q>,
        Q: CacheKey + ToOwned<Owned = K> + ?Sized + 'k,
        F: Future<Output = R>,
        R: LoadManyOutput<V>,
    {
        let keys: Vec<&Q> = keys.into_iter().collect();
        let at = |place: &mut KeyInPlace, key: &&Q| {
            let returns = Returns::<Result<V, R::Error>, V, R::Error>::own();
            Keyed { site: self.site, returns, value: self.value, key: place.complete(&[key]) }
        };
        let owned = |keys: Vec<&Q>| load(keys.into_iter().map(ToOwned::to_owned).collect());
        Batch::of(&keys, at).by_place().call(|_| (), owned).await
    }

    /// Stores all these values. In Redis they are one request of each kind to each server.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_16", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// USERS.put_many([(6, "Alan".to_owned()), (7, "Ada".to_owned())]).await;
    /// assert_eq!(USERS.get(&7).await.as_deref(), Some("Ada"));
    /// # }
    /// ```
    pub fn put_many<Q: Borrow<K>>(
        &self,
        entries: impl IntoIterator<Item = (Q, V)>,
    ) -> impl Future<Output = ()>
    where
        K: CacheKey,
    {
        let entry = |(key, value): (Q, V)| (self.at(&[key.borrow()]), value);
        let entries: Vec<_> = entries.into_iter().map(entry).collect();
        many::put_many(entries)
    }

    /// Invalidates all these keys, and returns the least reach of all. In Redis they are one batch.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static USERS: Cache<u64, String> = { name: "users_10", ttl: "10m" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// USERS.invalidate_many(&[7, 8, 9]).await;
    /// # }
    /// ```
    pub fn invalidate_many<'k, Q>(
        &self,
        keys: impl IntoIterator<Item = &'k Q>,
    ) -> impl Future<Output = Invalidation>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized + 'k,
    {
        let targets: Vec<Target> = keys.into_iter().map(|key| self.at(&[&key]).target()).collect();
        let cache = self.handle();
        async move { invalidate_targets(&cache, targets).await }
    }
}
