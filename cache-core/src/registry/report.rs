//! Everything there is to see, as one value.

use serde::Serialize;

use super::Caches;
use crate::{
    error::Fault,
    identity::Fingerprint,
    policy::Policy,
    site::{self, Site},
    stats::Stats,
};

/// All caches of a registry. The order is stable: by name, and within a name by place.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// One for each name.
    pub caches: Vec<CacheReport>,
    /// Wrong settings that a registry which built itself has ignored. Empty is healthy.
    pub faults: Vec<Fault>,
}

/// One cache.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CacheReport {
    /// The name in the attribute.
    pub name: &'static str,
    /// What happened, summed over the call sites.
    pub stats: Stats,
    /// `stats.hit_ratio()`, for readers of the serialised report.
    pub hit_ratio: f64,
    /// The functions cached under this name.
    pub sites: Vec<SiteReport>,
}

/// One cached function.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SiteReport {
    /// Crate, modules and function: `shop::orders::get`.
    pub function: &'static str,
    /// The source file, as the compiler was given it.
    pub file: &'static str,
    /// The line of the function.
    pub line: u32,
    /// Keeps apart what different versions of this function store.
    pub fingerprint: Fingerprint,
    /// How it behaves, after all configuration.
    pub policy: Policy,
}

impl Report {
    pub(super) fn of(caches: &Caches) -> Self {
        let of_name = |(name, sites): (&&'static str, &Vec<_>)| CacheReport::of(caches, name, sites);
        Self { caches: site::by_name().iter().map(of_name).collect(), faults: caches.0.settings.faults() }
    }
}

impl CacheReport {
    fn of(caches: &Caches, name: &'static str, sites: &[&'static Site]) -> Self {
        let stats = caches.stats(name);
        let sites = sites.iter().map(|site| SiteReport::of(caches, site)).collect();
        Self { name, stats, hit_ratio: stats.hit_ratio(), sites }
    }
}

impl SiteReport {
    fn of(caches: &Caches, site: &'static Site) -> Self {
        Self {
            function: site.function,
            file: site.file,
            line: site.line,
            fingerprint: site.fingerprint(),
            policy: caches.0.settings.policy(site),
        }
    }
}
