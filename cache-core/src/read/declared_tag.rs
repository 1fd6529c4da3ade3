//! Declared tags: a name and a type of values, declared once by `caches!` and checked at every use.

use std::{borrow::Borrow, fmt, future::Future, marker::PhantomData};

use super::invalidate::{Target, invalidate_all};
use crate::{
    invalidation::Invalidation,
    key::{CacheKey, Key},
    tag::{Named, TagSite},
};

/// A tag with values of the type `K`, declared by `caches!`.
///
/// A cached function says by `tags(..)` which values its entries have. To invalidate a value is to
/// invalidate all of them, whatever their caches and keys, and costs the same for any number of
/// entries. Each call works on the current registry.
///
/// ```
/// use cachery::{cached, caches};
///
/// caches! {
///     /// The customer to whom an entry belongs.
///     static TENANT: Tag<u64> = { name: "tenant" };
/// }
///
/// #[cached(name = "tagged-report", ttl = "1h", tags(TENANT(tenant)))]
/// async fn report(tenant: u64, day: u32) -> String {
///     format!("day {day} of {tenant}")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// report(7, 1).await;
/// report(8, 1).await;
/// TENANT.invalidate(&7).await;
/// assert_eq!(report::peek(7, 1).await, None);
/// assert!(report::peek(8, 1).await.is_some());
/// # }
/// ```
pub struct Tag<K> {
    site: &'static TagSite,
    key: PhantomData<fn(&K)>,
}

/// A declared tag. Implemented for [`Tag`] only: it exists for its message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tag",
    label = "not a tag",
    note = "`tags(..)` lists tags that `caches!` declares: `static AUTHOR: Tag<u64> = {{ name: \"author\" }};`"
)]
pub trait IsTag {
    /// Returns the descriptor.
    fn site(&self) -> &'static TagSite;
}

#[diagnostic::do_not_recommend]
impl<K> IsTag for Tag<K> {
    fn site(&self) -> &'static TagSite {
        self.site
    }
}

impl<K> Tag<K> {
    #[doc(hidden)]
    pub const fn new(site: &'static TagSite) -> Self {
        Self { site, key: PhantomData }
    }

    #[doc(hidden)]
    pub fn at(&self, parts: &[&dyn CacheKey]) -> Named {
        Named { site: self.site, key: Key::of(parts) }
    }

    /// Returns the name in the declaration.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static TENANT: Tag<u64> = { name: "tenant_1" }; }
    /// assert_eq!(TENANT.name(), "tenant_1");
    /// ```
    pub fn name(&self) -> &'static str {
        self.site.name
    }

    /// Makes all entries with this value of the tag invalid, on all nodes where caches are shared,
    /// and returns the reach of that.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static TENANT: Tag<u64> = { name: "tenant_2" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # use cachery::Invalidation;
    /// assert_eq!(TENANT.invalidate(&7).await, Invalidation::Local);
    /// # }
    /// ```
    pub fn invalidate<Q>(&self, value: &Q) -> impl Future<Output = Invalidation> + use<K, Q>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        let target = self.at(&[&value]).target();
        async { invalidate_all([target]).await.unwrap_or(Invalidation::Local) }
    }

    /// Lets all entries with this value of the tag expire, on all nodes where caches are shared, and
    /// returns the reach of that: the next call for each loads, and the old value is returned only
    /// when that load fails or takes too long.
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static TENANT: Tag<u64> = { name: "tenant_4" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # use cachery::Invalidation;
    /// assert_eq!(TENANT.expire(&7).await, Invalidation::Local);
    /// # }
    /// ```
    pub fn expire<Q>(&self, value: &Q) -> impl Future<Output = Invalidation> + use<K, Q>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        let target = self.at(&[&value]).target().expiring();
        async { invalidate_all([target]).await.unwrap_or(Invalidation::Local) }
    }

    /// Returns the invalidation of this value as a value of its own, to be applied later by
    /// [`Invalidations`](super::Invalidations).
    ///
    /// ```
    /// # use cachery::caches;
    /// # caches! { static TENANT: Tag<u64> = { name: "tenant_3" }; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use cachery::Invalidations;
    ///
    /// let mut later = Invalidations::new();
    /// later.add(TENANT.target(&7));
    /// later.apply().await;
    /// # }
    /// ```
    pub fn target<Q>(&self, value: &Q) -> Target
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        self.at(&[&value]).target()
    }
}

impl Named {
    /// Returns the value as a target of an invalidation.
    pub fn target(self) -> Target {
        Target::tag(self)
    }
}

impl<K> fmt::Debug for Tag<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tag").field("name", &self.site.name).finish_non_exhaustive()
    }
}
