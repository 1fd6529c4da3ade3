//! The settings of a registry as they are now.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::{Mutex, RwLock};

use crate::{
    cache::Cache,
    config::{Config, EffectiveConfig, Secret, Sources},
    error::{Fault, FaultKind},
    policy::Policy,
    site::{self, Site},
};

/// The settings of a registry, which a reload or a switch changes.
pub(super) struct CurrentSettings {
    pub(super) sources: Sources,
    /// Held while settings are read again and put into effect.
    pub(super) reloading: Arc<tokio::sync::Mutex<()>>,
    /// The settings at the start: they decide where entries are kept and how Redis is used.
    pub(super) started: Arc<Config>,
    latest: RwLock<Arc<Config>>,
    /// The URL whose credentials are in use, where it is not the one of the start.
    adopted_url: Mutex<Option<Secret>>,
    /// The caches that were switched on or off while the program runs.
    switches: Mutex<BTreeMap<&'static str, bool>>,
    /// Held while a policy is put into effect: the last to read it is the last to set it.
    adopting: Mutex<()>,
    /// The faults that the registry goes on without.
    faults: Mutex<Vec<Fault>>,
}

impl CurrentSettings {
    pub(super) fn new(sources: Sources, config: Config, faults: Vec<Fault>) -> Self {
        let started = Arc::new(config);
        let latest = RwLock::new(Arc::clone(&started));
        Self {
            sources,
            reloading: Arc::default(),
            started,
            latest,
            adopted_url: Mutex::default(),
            switches: Mutex::default(),
            adopting: Mutex::default(),
            faults: Mutex::new(faults),
        }
    }

    fn latest(&self) -> Arc<Config> {
        Arc::clone(&self.latest.read())
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        self.faults.lock().clone()
    }

    /// Returns the notes on the settings, each in one line.
    pub(super) fn notes(&self) -> Vec<String> {
        self.latest().notes.clone()
    }

    /// Returns the most bytes of all caches together.
    pub(super) fn max_bytes(&self) -> Option<u64> {
        self.latest().max_bytes()
    }

    /// Returns the unit of costs.
    pub(super) fn cost_unit(&self) -> String {
        self.latest().cost_unit()
    }

    /// Returns the policy of `site` in effect.
    pub(super) fn policy(&self, site: &Site) -> Policy {
        let latest = self.latest();
        let started = self.started.policy(site.index());
        let mut policy = latest.policy(site.index()).clone();
        keep_place(&mut policy, started);
        if let Some(enabled) = self.switches.lock().get(site.name) {
            policy.enabled = *enabled && latest.is_enabled();
        }
        policy
    }

    /// Switches the cache `name` on or off, against its own settings.
    pub(super) fn switch(&self, name: &'static str, enabled: bool) {
        self.switches.lock().insert(name, enabled);
    }

    /// Puts the policy of an open cache into effect.
    pub(super) fn adopt(&self, cache: &Cache) {
        let _turn = self.adopting.lock();
        cache.policy.set(self.policy(cache.site));
    }

    /// Replaces the settings by valid ones. A remote tier that could not be opened stays a fault.
    pub(super) fn replace(&self, config: Config) {
        *self.latest.write() = Arc::new(config);
        self.faults.lock().retain(|fault| fault.kind == FaultKind::Unreachable);
    }

    /// Returns the settings in effect, each with its source.
    pub(super) fn effective(&self) -> EffectiveConfig {
        EffectiveConfig::of(
            &self.latest(),
            &self.started,
            sites().map(|site| (site, self.policy(site))),
        )
    }

    /// Returns the settings that would be in effect after a restart.
    pub(super) fn effective_after_restart(&self) -> EffectiveConfig {
        let latest = self.latest();
        let policies = sites().map(|site| {
            let mut policy = self.policy(site);
            keep_place(&mut policy, latest.policy(site.index()));
            (site, policy)
        });
        EffectiveConfig::of(&latest, &latest, policies)
    }

    /// Tells whether the URL of `config` is another than the one in use.
    pub(super) fn url_differs(&self, config: &Config) -> bool {
        let adopted = self.adopted_url.lock();
        let used = if adopted.is_some() { &*adopted } else { &self.started.remote.url };
        config.remote.url != *used
    }

    /// Notes that the latest URL is in use.
    pub(super) fn adopt_url(&self) {
        self.adopted_url.lock().clone_from(&self.latest().remote.url);
    }

    /// Returns the fields of Redis whose private values a restart would change.
    pub(super) fn hidden_changes(&self) -> impl Iterator<Item = &'static str> + use<> {
        let latest = self.latest();
        let started = &self.started.remote;
        let url = self.url_differs(&latest).then_some("url");
        let secret = (latest.remote.key_secret != started.key_secret).then_some("key_secret");
        let is_other = latest.remote.password_command != started.password_command;
        let command = is_other.then_some("password_command");
        url.into_iter().chain(secret).chain(command)
    }
}

/// Lets `policy` keep entries where `other` does. A restart alone can move them.
fn keep_place(policy: &mut Policy, other: &Policy) {
    policy.backend = other.backend;
    policy.engine = other.engine;
    policy.eviction = other.eviction;
}

/// Returns all call sites in the order of reports.
fn sites() -> impl Iterator<Item = &'static Site> {
    site::by_name().values().flatten().copied()
}
