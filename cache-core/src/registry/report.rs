//! The statistics and policies of all caches, as one value.

use std::time::Duration;

use serde::Serialize;

use super::{ledger::Ledger, state::Registry};
use crate::{
    error::Fault,
    identity::Fingerprint,
    observe::Stats,
    policy::Policy,
    site::{self, Site},
    spending::BudgetReport,
};

/// All caches of a registry, with their statistics and policies. The order is stable: by name, and
/// within a name by place.
///
/// ```
/// use cachery::Caches;
///
/// let report = Caches::isolated().report();
/// assert!(report.faults.is_empty());
/// for cache in &report.caches {
///     println!("{}: {} hits, {} entries", cache.name, cache.stats.hits, cache.stats.size);
/// }
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The caches, one for each name.
    pub caches: Vec<CacheReport>,
    /// The time since the registry was built, over which all is counted. In a serialised report,
    /// seconds.
    #[serde(serialize_with = "crate::seconds::of")]
    pub window: Duration,
    /// The unit of costs: `CACHE_COST_UNIT`.
    pub cost_unit: String,
    /// The bill of all caches together; `None` where no `cost` tells any.
    pub ledger: Option<Ledger>,
    /// Wrong settings that the registry has ignored, because it was built at the first call.
    pub faults: Vec<Fault>,
}

/// One cache of a [`Report`].
///
/// ```
/// use cachery::Caches;
///
/// for cache in Caches::isolated().report().caches {
///     println!("{}: {:.0} % hits", cache.name, 100.0 * cache.hit_ratio);
/// }
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CacheReport {
    /// The name in the attribute.
    pub name: &'static str,
    /// The statistics, summed over the call sites.
    pub stats: Stats,
    /// The value of `stats.hit_ratio()`, for readers of the serialised report.
    pub hit_ratio: f64,
    /// The bytes of the entries in memory now, as `stats.bytes`; `None` where values have no known
    /// size, and no `weigh` tells it.
    pub bytes: Option<u64>,
    /// The time for which values past their ttl have been returned because loads fail or take too
    /// long; in a serialised report, seconds. `None` once a load has succeeded.
    #[serde(serialize_with = "crate::seconds::of_option")]
    pub stale_for: Option<Duration>,
    /// The bill of the cache; `None` where no `cost` tells any.
    pub ledger: Option<Ledger>,
    /// The budget of the cache, and what is spent of it; `None` where it has none.
    pub budget: Option<BudgetReport>,
    /// The functions that are cached under this name.
    pub sites: Vec<SiteReport>,
}

/// One cached function of a [`CacheReport`].
///
/// ```
/// use cachery::Caches;
///
/// for site in Caches::isolated().report().caches.into_iter().flat_map(|cache| cache.sites) {
///     println!("{} at {}:{}", site.function, site.file, site.line);
/// }
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SiteReport {
    /// Crate, modules and function: `shop::orders::get`.
    pub function: &'static str,
    /// The source file, as the compiler was given it.
    pub file: &'static str,
    /// The line of the function.
    pub line: u32,
    /// The number that separates the entries of this function from those of its other versions.
    pub fingerprint: Fingerprint,
    /// The policy in effect.
    pub policy: Policy,
}

impl Report {
    pub(super) fn of(registry: &Registry) -> Self {
        let caches = site::by_name().iter();
        // One for all, so that the parts of the report agree.
        let window = registry.clock.elapsed();
        let caches: Vec<_> =
            caches.map(|(name, sites)| CacheReport::of(registry, name, sites, window)).collect();
        let mut all = Stats::default();
        for cache in &caches {
            all += cache.stats;
        }
        Self {
            caches,
            window,
            cost_unit: registry.settings.cost_unit(),
            ledger: Ledger::of(&all.money, window),
            faults: registry.settings.faults(),
        }
    }
}

impl CacheReport {
    fn of(
        registry: &Registry,
        name: &'static str,
        sites: &[&'static Site],
        window: Duration,
    ) -> Self {
        let stats = registry.stats(name);
        let is_weighed = sites.iter().all(|site| (site.weigh)().is_some());
        let bytes = is_weighed.then_some(stats.bytes);
        let sites = sites.iter().map(|site| SiteReport::of(registry, site)).collect();
        let ledger = Ledger::of(&stats.money, window);
        let budget = registry.budget(name);
        let stale_for = registry.stale_for(name);
        let hit_ratio = stats.hit_ratio();
        Self { name, stats, hit_ratio, bytes, stale_for, ledger, budget, sites }
    }
}

impl SiteReport {
    fn of(registry: &Registry, site: &'static Site) -> Self {
        Self {
            function: site.function,
            file: site.file,
            line: site.line,
            fingerprint: site.fingerprint(),
            policy: registry.settings.policy(site),
        }
    }
}
