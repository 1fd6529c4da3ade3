//! A cache by its name.

use std::fmt;

use super::Caches;
use crate::{
    invalidation::Invalidation,
    policy::Policy,
    site::{self, Site},
    stats::Stats,
};

/// One cache of one registry: what a function's `cache()` and [`Caches::get`] return.
///
/// Call sites that share a name are one cache here: statistics are their sum, and clearing clears all of them.
#[derive(Clone)]
pub struct CacheHandle {
    caches: Caches,
    site: &'static Site,
}

impl CacheHandle {
    pub(super) fn of(caches: Caches, site: &'static Site) -> Self {
        Self { caches, site }
    }

    pub(super) fn named(caches: Caches, name: &str) -> Option<Self> {
        let site = site::named(name).first()?;
        Some(Self { caches, site })
    }

    /// The name in the attribute.
    pub fn name(&self) -> &'static str {
        self.site.name
    }

    /// What happened so far. Exact.
    pub fn stats(&self) -> Stats {
        self.caches.stats(self.name())
    }

    /// How the cache behaves, after all configuration: the function's own where a function was asked, else that of the
    /// first call site of this name.
    pub fn policy(&self) -> Policy {
        self.caches.0.settings.policy(self.site)
    }

    /// Switches the cache off or on while the program runs, for all its functions; off, each call runs its function. What is stored stays:
    /// switched on again, the cache answers with what is still fresh. It stands over all settings of this cache, also those of a
    /// [`reload`](Caches::reload); while `CACHE_ENABLED=false` switches everything off, it has no effect.
    pub fn set_enabled(&self, enabled: bool) {
        self.caches.0.settings.switch(self.name(), enabled);
        let sites = site::named(self.name()).iter();
        for cache in sites.filter_map(|site| self.caches.open_cache(site)) {
            self.caches.0.settings.adopt(cache);
        }
    }

    /// Makes every entry unreadable, also what loads that run now will return to their callers; of a cache that is shared, on all nodes.
    /// Costs the same for any number of entries; their memory is given back soon after.
    pub async fn clear(&self) -> Invalidation {
        self.caches.clear(self.name()).await
    }
}

impl fmt::Debug for CacheHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheHandle").field("name", &self.name()).finish_non_exhaustive()
    }
}
