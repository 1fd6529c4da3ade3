//! The settings of a registry as they stand now.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use crate::{
    cache::Cache,
    config::{Config, EffectiveConfig, Origin},
    error::{Fault, FaultKind},
    policy::Policy,
    site::{self, Site},
};

pub(super) struct CurrentSettings {
    pub(super) origin: Origin,
    /// What the registry was built from: where entries are kept and how Redis is used was settled by it.
    pub(super) started: Arc<Config>,
    latest: RwLock<Arc<Config>>,
    /// The caches that were switched on or off at run time.
    switches: Mutex<BTreeMap<&'static str, bool>>,
    /// Held by who puts a policy into effect: whoever reads it last sets it last.
    adopting: Mutex<()>,
    /// What was wrong with the settings of a registry that built itself.
    faults: Mutex<Vec<Fault>>,
}

impl CurrentSettings {
    pub(super) fn new(origin: Origin, config: Config, faults: Vec<Fault>) -> Self {
        let started = Arc::new(config);
        let latest = RwLock::new(Arc::clone(&started));
        let (switches, adopting) = (Mutex::default(), Mutex::default());
        Self { origin, started, latest, switches, adopting, faults: Mutex::new(faults) }
    }

    fn latest(&self) -> Arc<Config> {
        Arc::clone(&self.latest.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        lock(&self.faults).clone()
    }

    /// The policy of `site` as it is in effect.
    pub(super) fn policy(&self, site: &Site) -> Policy {
        let latest = self.latest();
        let mut policy = Policy { backend: self.started.policy(site).backend, ..latest.policy(site) };
        if let Some(enabled) = lock(&self.switches).get(site.name) {
            policy.enabled = *enabled && latest.is_enabled();
        }
        policy
    }

    /// Switches the cache `name`, whatever is said of it alone.
    pub(super) fn switch(&self, name: &'static str, enabled: bool) {
        lock(&self.switches).insert(name, enabled);
    }

    /// Puts the policy of an open cache into effect.
    pub(super) fn adopt(&self, cache: &Cache) {
        let _turn = lock(&self.adopting);
        cache.policy.set(self.policy(cache.site));
    }

    /// Right settings take the place of those before. What they cannot mend is still a fault.
    pub(super) fn replace(&self, config: Config) {
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        lock(&self.faults).retain(|fault| fault.kind == FaultKind::Unreachable);
    }

    pub(super) fn effective(&self) -> EffectiveConfig {
        self.latest().effective(&self.started, sites().map(|site| (site, self.policy(site))))
    }

    /// What would be in effect after a restart.
    pub(super) fn effective_after_restart(&self) -> EffectiveConfig {
        let latest = self.latest();
        let policy = |site| Policy { backend: latest.policy(site).backend, ..self.policy(site) };
        latest.effective(&latest, sites().map(|site| (site, policy(site))))
    }

    /// Whether a private value would be another one after a restart, by its field.
    pub(super) fn hidden_changes(&self) -> impl Iterator<Item = &'static str> + use<> {
        let (latest, started) = (self.latest(), &self.started);
        let url = (latest.remote.url() != started.remote.url()).then_some("url");
        let secret = (latest.remote.key_secret != started.remote.key_secret).then_some("key_secret");
        url.into_iter().chain(secret)
    }
}

/// In the order of reports.
fn sites() -> impl Iterator<Item = &'static Site> {
    site::by_name().values().flatten().copied()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
