//! A cache without its types, by its name.

use std::{fmt, sync::Arc};

use super::{current::current, remote, state::Registry};
use crate::{
    ending::Ending,
    invalidation::Invalidation,
    key::Key,
    observe::{LoadTimes, Stats},
    policy::Policy,
    read::{Look, Target, look},
    site::{self, Site},
};

/// One cache of one registry: what a function's `cache()` and [`Caches::get`](crate::Caches::get)
/// return.
///
/// Call sites that share a name are one cache here: statistics are their sum, and `clear` clears
/// all of them.
///
/// ```
/// use cachery::Caches;
///
/// # async fn example() {
/// let cache = Caches::current().get("sentiment").expect("a function of that name");
/// println!("{}: {:?}", cache.name(), cache.stats());
/// cache.clear().await;
/// # }
/// ```
#[derive(Clone)]
pub struct CacheHandle {
    registry: Arc<Registry>,
    site: &'static Site,
}

impl CacheHandle {
    /// Returns the cache of `site` in the current registry.
    #[doc(hidden)]
    pub fn of(site: &'static Site) -> Self {
        Self { registry: current(), site }
    }

    pub(super) fn named(registry: Arc<Registry>, name: &str) -> Option<Self> {
        let site = site::named(name).first()?;
        Some(Self { registry, site })
    }

    /// Returns the call sites of this name.
    #[doc(hidden)]
    pub fn sites(&self) -> &'static [&'static Site] {
        site::named(self.name())
    }

    /// Returns the name in the attribute.
    ///
    /// ```
    /// # use cachery::CacheHandle;
    /// fn label(cache: &CacheHandle) -> String {
    ///     format!("cache:{}", cache.name())
    /// }
    /// ```
    pub fn name(&self) -> &'static str {
        self.site.name
    }

    /// Returns the statistics since the first use. They are exact at any read.
    ///
    /// ```
    /// # use cachery::CacheHandle;
    /// fn misses(cache: &CacheHandle) -> u64 {
    ///     cache.stats().misses
    /// }
    /// ```
    pub fn stats(&self) -> Stats {
        self.registry.stats(self.name())
    }

    /// Returns the times of the loads that succeeded, or of those that `failed`.
    #[doc(hidden)]
    pub fn load_times(&self, failed: bool) -> LoadTimes {
        self.registry.load_times(self.name(), failed)
    }

    /// Returns the policy in effect: the function's own where a function was asked, else that of
    /// the first call site of this name.
    ///
    /// ```
    /// # use cachery::CacheHandle;
    /// fn is_cached(cache: &CacheHandle) -> bool {
    ///     cache.policy().enabled
    /// }
    /// ```
    pub fn policy(&self) -> Policy {
        self.registry.settings.policy(self.site)
    }

    /// Switches the cache off or on while the program runs, for all its functions. While it is off,
    /// each call runs its function. Entries stay: switched on again, the cache serves those that
    /// are still fresh.
    ///
    /// This wins over all settings of the cache, also those of a [`reload`](crate::Caches::reload).
    /// While `CACHE_ENABLED=false` switches everything off, it has no effect.
    ///
    /// ```
    /// # use cachery::CacheHandle;
    /// async fn without<T>(cache: &CacheHandle, work: impl Future<Output = T>) -> T {
    ///     cache.set_enabled(false);
    ///     let output = work.await;
    ///     cache.set_enabled(true);
    ///     output
    /// }
    /// ```
    pub fn set_enabled(&self, enabled: bool) {
        self.registry.settings.switch(self.name(), enabled);
        self.registry.named(self.name()).for_each(|cache| self.registry.settings.adopt(cache));
    }

    /// Invalidates every entry, also what running loads will return to their callers; in a shared
    /// cache, on all nodes. The cost is the same for any number of entries. Their memory is freed
    /// soon after.
    ///
    /// ```
    /// use cachery::{CacheHandle, Invalidation};
    ///
    /// async fn clear(cache: &CacheHandle) {
    ///     if cache.clear().await == Invalidation::Queued {
    ///         eprintln!("{}: Redis cannot be reached; it is told later", cache.name());
    ///     }
    /// }
    /// ```
    pub async fn clear(&self) -> Invalidation {
        self.end_all(Ending::Invalid).await
    }

    /// Lets every entry expire, in a shared cache on all nodes: the next call for each loads, and
    /// the old value is returned only when that load fails or takes longer than `soft_timeout`,
    /// until the end that it had. What running loads return is not stored as fresh. The cost is the
    /// same for any number of entries.
    ///
    /// ```
    /// use cachery::CacheHandle;
    ///
    /// async fn after_a_deployment_of_the_origin(cache: &CacheHandle) {
    ///     cache.expire_all().await;
    /// }
    /// ```
    pub async fn expire_all(&self) -> Invalidation {
        self.end_all(Ending::Expired).await
    }

    pub(crate) async fn end_all(&self, ending: Ending) -> Invalidation {
        remote::end_all(&self.registry, self.name(), ending).await
    }

    /// Looks at one key of the cache's first function, without a trace: see [`Look`].
    #[doc(hidden)]
    pub async fn look(&self, key: &Key) -> Look {
        look(self.registry.cache(self.site), key).await
    }

    /// Returns the [`clear`](Self::clear) of this cache as a value, to be applied later.
    ///
    /// ```
    /// use cachery::{CacheHandle, Invalidations};
    ///
    /// async fn clear_all(caches: &[CacheHandle]) {
    ///     caches.iter().map(CacheHandle::target).collect::<Invalidations>().apply().await;
    /// }
    /// ```
    pub fn target(&self) -> Target {
        Target::all(self.clone())
    }
}

impl fmt::Debug for CacheHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheHandle").field("name", &self.name()).finish_non_exhaustive()
    }
}
