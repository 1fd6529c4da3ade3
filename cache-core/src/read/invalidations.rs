//! Invalidations as values: made where the key is at hand, applied later and all at once.

use super::invalidate::{Target, invalidate_all};
use crate::invalidation::Invalidation;

/// Invalidations that are applied later, all at once: for instance after a transaction has
/// committed.
///
/// Before that, a call could load the old value once more, and keep it.
///
/// ```
/// use cachery::{Invalidations, cached};
///
/// # mod sqlx {
/// #     #[derive(Debug)]
/// #     pub struct Error;
/// #     pub struct PgPool;
/// #     pub struct Transaction;
/// #     pub struct Query;
/// #     impl PgPool {
/// #         pub async fn begin(&self) -> Result<Transaction, Error> { Ok(Transaction) }
/// #     }
/// #     impl std::ops::Deref for Transaction { type Target = (); fn deref(&self) -> &() { &() } }
/// #     impl std::ops::DerefMut for Transaction {
/// #         fn deref_mut(&mut self) -> &mut () { Box::leak(Box::new(())) }
/// #     }
/// #     impl Transaction {
/// #         pub async fn commit(self) -> Result<(), Error> { Ok(()) }
/// #     }
/// #     pub fn query(_: &str) -> Query { Query }
/// #     impl Query {
/// #         pub fn bind(self, _: i64) -> Self { self }
/// #         pub async fn execute(self, _: &mut ()) -> Result<(), Error> { Ok(()) }
/// #     }
/// # }
/// # use sqlx::PgPool;
/// #[cached(ttl = "10m")]
/// async fn balance(account: i64) -> i64 {
/// #   account
///     // reads the account
/// }
///
/// async fn transfer(pool: &PgPool, from: i64, to: i64) -> Result<(), sqlx::Error> {
///     let mut after_commit = Invalidations::new();
///     let mut transaction = pool.begin().await?;
///     for account in [from, to] {
///         sqlx::query("UPDATE accounts SET …").bind(account).execute(&mut *transaction).await?;
///         after_commit.add(balance::target(account));
///     }
///     transaction.commit().await?; // after an error nothing is invalidated
///     after_commit.apply().await;
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sqlx::Error> {
/// balance(1).await;
/// transfer(&PgPool, 1, 2).await?;
/// assert_eq!(balance::peek(1).await, None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use = "nothing is invalidated until `apply`"]
pub struct Invalidations {
    targets: Vec<Target>,
}

impl Invalidations {
    /// Creates a collection without targets.
    ///
    /// ```
    /// assert!(cachery::Invalidations::new().is_empty());
    /// ```
    pub const fn new() -> Self {
        Self { targets: Vec::new() }
    }

    /// Adds a target: what a function's companion `target` returns, or the `target` of a declared
    /// cache or of a whole one.
    ///
    /// ```
    /// use cachery::{Invalidations, caches};
    ///
    /// caches! { static NAMES: Cache<u64, String> = { name: "names-1", ttl: "10m" }; }
    ///
    /// let mut later = Invalidations::new();
    /// later.add(NAMES.target(&7));
    /// later.add(NAMES.handle().target());
    /// assert_eq!(later.len(), 2);
    /// # drop(later);
    /// ```
    pub fn add(&mut self, target: Target) {
        self.targets.push(target);
    }

    /// Returns the number of targets.
    ///
    /// ```
    /// assert_eq!(cachery::Invalidations::new().len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Tells whether no target was added.
    ///
    /// ```
    /// assert!(cachery::Invalidations::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Invalidates all targets in the current registry, or lets them expire, and returns the least reach of all. The
    /// target of a [`CacheHandle`](crate::CacheHandle) is a cache of the handle's registry.
    ///
    /// All requests are sent side by side: together they take one round trip to each server.
    /// Without targets, nothing is done, and the reach is [`Local`](Invalidation::Local).
    ///
    /// Dropping the future is safe: this process no longer serves the old values, and the requests
    /// are made in the background.
    ///
    /// ```
    /// use cachery::{Invalidations, caches};
    ///
    /// caches! { static NAMES: Cache<u64, String> = { name: "names-2", ttl: "10m" }; }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// NAMES.put(&7, "Ada".to_owned()).await;
    /// let later: Invalidations = [7, 8].iter().map(|id| NAMES.target(id)).collect();
    /// later.apply().await;
    /// assert_eq!(NAMES.get(&7).await, None);
    /// # }
    /// ```
    pub async fn apply(self) -> Invalidation {
        invalidate_all(self.targets).await.unwrap_or(Invalidation::Local)
    }
}

impl Extend<Target> for Invalidations {
    fn extend<T: IntoIterator<Item = Target>>(&mut self, targets: T) {
        self.targets.extend(targets);
    }
}

impl FromIterator<Target> for Invalidations {
    fn from_iter<T: IntoIterator<Item = Target>>(targets: T) -> Self {
        Self { targets: Vec::from_iter(targets) }
    }
}

impl IntoIterator for Invalidations {
    type Item = Target;
    type IntoIter = std::vec::IntoIter<Target>;

    fn into_iter(self) -> Self::IntoIter {
        self.targets.into_iter()
    }
}
