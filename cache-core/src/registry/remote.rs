//! The remote tier of a registry: opened once for all its caches, and what it tells them.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use super::{Caches, Registry};
use crate::{
    cache::{Cache, Remote, Shared},
    config::{Config, Fallback, Secret},
    error::{Error, Fault, FaultKind},
    health::Health,
    identity::Fingerprint,
    invalidation::Invalidation,
    policy::Policy,
    remote::{Digest, Digester, Place, REMOTE_BACKENDS, RemoteEvents, RemoteOptions},
    site::{self, Site},
};

/// How long a start waits for the first connection, where it can go on without.
const CONNECT: Duration = Duration::from_secs(1);
/// … and where it cannot.
const CONNECT_REQUIRED: Duration = Duration::from_secs(10);

/// Opens the remote tier, if any cache of the program uses it. One that cannot be opened is a fault, and memory serves.
pub(super) fn open(config: &Config, registry: &Weak<Registry>, faults: &mut Vec<Fault>) -> Option<Remote> {
    let target = config.remote_target()?;
    let backend = REMOTE_BACKENDS.first()?;
    let settings = &config.remote;
    let events = Arc::new(Events(registry.clone()));
    let tier = (backend.open)(RemoteOptions { target, prefix: settings.prefix.clone(), events })
        .map_err(|why| faults.push(Fault::new(FaultKind::Unreachable, why)))
        .ok()?;
    Some(Remote {
        tier,
        digester: Digester::new(settings.key_secret.as_ref().map(Secret::reveal)),
        deadline: settings.deadline,
        outage_ttl: settings.outage_ttl,
        fallback: settings.fallback == Fallback::Memory,
    })
}

impl Registry {
    /// The part of `site`'s cache that other processes share.
    pub(super) fn shared(&self, site: &'static Site, policy: &Policy) -> Option<Shared> {
        let remote = self.remote.clone().filter(|_| policy.backend != cachery_syntax::Backend::Memory)?;
        let place = Place { name: site.name, fingerprint: site.fingerprint() };
        Some(Shared::new(remote, place, policy.backend))
    }

    /// The caches that other processes share and that were used.
    fn shared_caches(&self) -> impl Iterator<Item = &Arc<Cache>> {
        self.caches.iter().filter_map(|cell| cell.get()).filter(|cache| cache.shared.is_some())
    }
}

impl Caches {
    /// Returns the health of the remote tier, as one serialisable value. Asks each server; one that does not answer
    /// takes a second.
    ///
    /// ```
    /// # async fn example() {
    /// # use cachery_core::{Caches, Status};
    /// let health = Caches::current().health().await;
    /// if health.status != Status::Up {
    ///     eprintln!("{}", serde_json::to_string_pretty(&health).unwrap());
    /// }
    /// # }
    /// ```
    pub async fn health(&self) -> Health {
        let caches = self;
        let servers = match &caches.0.remote {
            Some(remote) => remote.tier.health().await,
            None => Vec::new(),
        };
        Health::of(servers, caches.0.settings.faults())
    }

    /// Waits for the first connection, if there is anything to connect to.
    pub(super) async fn connect(&self) -> Result<(), Error> {
        Error::check(self.0.settings.faults())?;
        let (Some(remote), required) = (&self.0.remote, self.0.settings.started.remote.required) else {
            return Ok(());
        };
        let within = if required { CONNECT_REQUIRED } else { CONNECT };
        match remote.tier.connected(within).await {
            Err(why) if required => {
                let message = format!(
                    "{}: the remote tier is out of reach: {why}; or take `required` (CACHE_REQUIRED) out to start \
                     without it",
                    self.0.settings.started.required_by()
                );
                Error::check(vec![Fault::new(FaultKind::Unreachable, message)])
            }
            _ => Ok(()),
        }
    }

    /// Clears the cache called `name`, here and on all nodes.
    pub(super) async fn clear(&self, name: &'static str) -> Invalidation {
        let sites = site::named(name);
        let caches = || sites.iter().filter_map(|site| self.open_cache(site));
        caches().for_each(|cache| cache.clear());
        let shared =
            |site: &&&Site| self.0.settings.started.policy(site).backend != cachery_syntax::Backend::Memory;
        let (Some(remote), Some(_)) = (&self.0.remote, sites.iter().find(shared)) else {
            return Invalidation::Local;
        };
        // Once more, also when the caller goes away: a call in between may have read from the server before it knew.
        let _after = scopeguard::guard((), |()| caches().for_each(|cache| cache.drop_all()));
        Invalidation::of(remote.tier.clear(name, remote.deadline).await)
    }
}

/// Passes on what a tier tells to the caches of its registry.
struct Events(Weak<Registry>);

impl RemoteEvents for Events {
    fn invalidated(&self, fingerprint: Fingerprint, digest: &Digest) {
        let Some(registry) = self.0.upgrade() else { return };
        let cache = site::by_fingerprint(fingerprint).and_then(|site| registry.caches[site.index()].get());
        if let Some(cache) = cache {
            cache.invalidated_elsewhere(digest);
        }
    }

    fn cleared(&self, name: &str) {
        let Some(registry) = self.0.upgrade() else { return };
        for site in site::named(name) {
            if let Some(cache) = registry.caches[site.index()].get() {
                cache.drop_all();
            }
        }
    }

    fn distrusted(&self) {
        if let Some(registry) = self.0.upgrade() {
            registry.shared_caches().for_each(|cache| cache.distrust());
        }
    }

    fn cut_off(&self) {
        if let Some(registry) = self.0.upgrade() {
            registry.shared_caches().for_each(|cache| cache.cut_off());
        }
    }
}
