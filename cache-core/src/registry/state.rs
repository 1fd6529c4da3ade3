//! The state of one registry: its settings, its caches and its remote tier.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use cachery_syntax::Backend;
use parking_lot::RwLock;

use super::settings::CurrentSettings;
use crate::{
    cache::{Cache, Glance, Remote, Shared, tidy_when_open},
    clock::Clock,
    key::Key,
    memory::Together,
    observe::{self, LoadTimes, Pace, Resources, Stats},
    policy::Policy,
    remote::{Digester, Place, QueuedInvalidations},
    site::{self, SITES, Site},
    spending::BudgetReport,
    tag::Cells,
};

/// The state of one registry.
pub(super) struct Registry {
    pub(super) settings: CurrentSettings,
    pub(super) clock: Clock,
    /// The remote tier; `None` when no cache of the program uses one.
    pub(super) remote: Option<Remote>,
    /// The tags of all entries.
    pub(super) tags: Arc<Cells>,
    /// [`SITES`], found once.
    sites: &'static [Site],
    /// The bound of the bytes of all caches.
    pub(super) together: Arc<Together>,
    /// The cache of each of the sites, opened at its first use.
    caches: Box<[OnceLock<Arc<Cache>>]>,
    /// Held by all who open a cache, from before its settings are read.
    opening: RwLock<()>,
}

impl Registry {
    pub(super) fn new(settings: CurrentSettings, clock: Clock, remote: Option<Remote>) -> Self {
        let caches = SITES.iter().map(|_| OnceLock::new()).collect();
        let together = Arc::new(Together::new(settings.max_bytes()));
        let digester = remote.as_ref().map(|remote| remote.digester.clone());
        let tags = Arc::new(Cells::new(digester.unwrap_or_else(|| Digester::new(None))));
        let sites = SITES.static_slice();
        let opening = RwLock::default();
        Self { settings, clock, remote, tags, sites, together, caches, opening }
    }

    /// Returns the cache of `site`, and opens it at its first use.
    #[inline]
    pub(super) fn cache(&self, site: &'static Site) -> &Arc<Cache> {
        let cell = &self.caches[site.index_in(self.sites)];
        // No closure: the compiler would ask twice whether the cache is open.
        match cell.get() {
            Some(cache) => cache,
            None => self.open_in(cell, site),
        }
    }

    #[cold]
    fn open_in<'a>(&self, cell: &'a OnceLock<Arc<Cache>>, site: &'static Site) -> &'a Arc<Cache> {
        // Several at once, also one within another: a subscriber may open one.
        let opening = self.opening.read_recursive();
        let cache = cell.get_or_init(|| self.open(site));
        drop(opening);
        // A switch between the opening and its end did not see the cache: it takes the policy
        // again.
        self.settings.adopt(cache);
        cache
    }

    fn open(&self, site: &'static Site) -> Arc<Cache> {
        let policy = self.settings.policy(site);
        let shared = self.shared(site, &policy);
        let Self { together, tags, .. } = self;
        let cache = Cache::new(site, policy, self.clock.clone(), shared, together, tags);
        let cache = Arc::new(cache);
        tidy_when_open(&cache);
        cache
    }

    /// Returns the part of the cache that other processes share, if there is one.
    fn shared(&self, site: &'static Site, policy: &Policy) -> Option<Shared> {
        let remote = self.remote.clone().filter(|_| policy.backend != Backend::Memory)?;
        let place = Place::of(site);
        Some(Shared::new(remote, place, policy.backend))
    }

    /// Returns the cache of `site`, if it is open.
    #[inline]
    pub(super) fn open_cache(&self, site: &Site) -> Option<&Arc<Cache>> {
        self.caches[site.index_in(self.sites)].get()
    }

    /// Looks for an entry of `key` that serves a call of `site` as it is, and counts a hit.
    #[inline]
    pub(super) fn glance(&self, site: &Site, key: &Key, pace: Pace) -> Glance {
        match self.open_cache(site) {
            Some(cache) => cache.glance(key, pace),
            None => Glance::Nothing,
        }
    }

    /// Returns the open caches called `name`: one for each call site.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Arc<Cache>> + use<'_> {
        site::named(name).iter().filter_map(|site| self.open_cache(site))
    }

    /// Waits until no cache has settings from before this call that is not among the open ones.
    pub(super) fn finish_openings(&self) {
        drop(self.opening.write());
    }

    /// Returns all open caches.
    pub(super) fn open_caches(&self) -> impl Iterator<Item = &Arc<Cache>> {
        self.caches.iter().filter_map(OnceLock::get)
    }

    /// Returns the sum of the statistics of all call sites called `name`.
    pub(super) fn stats(&self, name: &str) -> Stats {
        let mut sum = Stats::default();
        self.named(name).for_each(|cache| sum += cache.stats());
        sum
    }

    /// Returns the longest time for which a call site called `name` has lived on values past their
    /// ttl.
    pub(super) fn stale_for(&self, name: &str) -> Option<Duration> {
        self.named(name).filter_map(|cache| cache.stale_for()).max()
    }

    /// Returns the sum of the budgets of all open call sites called `name`, and of what is spent;
    /// `None` where none has any.
    pub(super) fn budget(&self, name: &str) -> Option<BudgetReport> {
        self.named(name).filter_map(|cache| cache.budget()).reduce(BudgetReport::plus)
    }

    /// Returns the times of loads of all call sites called `name`.
    pub(super) fn load_times(&self, name: &str, failed: bool) -> LoadTimes {
        let mut sum = LoadTimes::default();
        self.named(name).for_each(|cache| sum.add(&cache.counters.load_times(failed)));
        sum
    }

    /// Returns the invalidations that wait until their servers can be reached.
    pub(super) fn queued(&self) -> QueuedInvalidations {
        self.remote.as_ref().map(|remote| remote.tier.queued()).unwrap_or_default()
    }

    /// Returns the numbers of tasks, queues and tables.
    fn resources(&self) -> Resources {
        let mut resources = Resources::default();
        self.open_caches().for_each(|cache| cache.count_resources(&mut resources));
        self.remote.iter().for_each(|remote| remote.tier.count_resources(&mut resources));
        resources
    }

    /// Hands all counters to the `metrics` recorder.
    pub(super) fn flush_metrics(&self) {
        observe::describe();
        for name in site::by_name().keys() {
            observe::flush(name, &self.stats(name));
            self.budget(name).iter().for_each(|budget| observe::flush_budget(name, *budget));
            let running = self.named(name).map(|cache| cache.background.running()).sum();
            observe::flush_detached(name, running);
        }
        for site in SITES {
            let prefix = &self.settings.started.remote.prefix;
            observe::flush_info(site.name, self.settings.policy(site).backend, prefix);
        }
        observe::flush_queued(self.queued());
        observe::flush_resources(&self.resources());
        observe::flush_totals();
    }
}
