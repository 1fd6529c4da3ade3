//! The share of a registry in the remote tier: one connection for all its caches.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use cachery_syntax::Backend;

use super::state::Registry;
use crate::{
    cache::Remote,
    clock::Clock,
    config::{Config, Fallback, Secret},
    ending::Ending,
    error::{Error, Fault, FaultKind},
    identity::Identity,
    invalidation::Invalidation,
    observe,
    remote::{Digest, Digester, REMOTE_BACKENDS, RemoteEvents, RemoteOptions, Shutdown, TagKey},
    site,
};

/// The time that a start waits for the first connection, where it can go on without one.
const CONNECT: Duration = Duration::from_secs(1);
/// The time that it waits after that where it cannot.
const CONNECT_LONGER: Duration = Duration::from_secs(9);

/// Opens the remote tier, if a cache of the program uses it. A tier that cannot be opened becomes a
/// fault, and memory serves. `required` tells whether the start fails without the store.
pub(super) fn open(
    config: &Config,
    required: bool,
    registry: &Weak<Registry>,
    faults: &mut Vec<Fault>,
) -> Option<Remote> {
    let target = config.remote_target()?;
    let backend = REMOTE_BACKENDS.first()?;
    let settings = &config.remote;
    let events = Arc::new(Events(registry.clone()));
    let prefix = settings.prefix.clone();
    let profile = config.profile.clone();
    let journal = settings.journal.clone();
    let tier = (backend.open)(RemoteOptions { target, prefix, profile, journal, required, events })
        .map_err(|why| faults.push(Fault::new(FaultKind::Unreachable, why)))
        .ok()?;
    observe::begin_totals();
    Some(Remote {
        tier,
        digester: Digester::new(settings.key_secret.as_ref().map(Secret::reveal)),
        deadline: settings.remote_deadline,
        outage_ttl: settings.outage_ttl,
        fallback: settings.fallback == Fallback::Memory,
    })
}

/// Waits until the loads in tasks and the work in the remote tier are done, or `within` is over.
/// Loads that nobody waits for are ended then.
pub(super) async fn shutdown(registry: &Registry, within: Duration) -> Shutdown {
    let began = Instant::now();
    if registry.open_caches().any(|cache| cache.background.running() > 0) {
        let loads = async {
            for cache in registry.open_caches() {
                cache.background.finished().await;
            }
        };
        // In real time, also for a registry whose clock a test has stopped.
        let _ = Clock::system().timeout(within, loads).await;
    }
    registry.open_caches().for_each(|cache| cache.background.close());
    match &registry.remote {
        Some(remote) => remote.tier.shutdown(within.saturating_sub(began.elapsed())).await,
        None => Shutdown::default(),
    }
}

/// Waits for the first connection, if there is anything to connect to.
pub(super) async fn connect(registry: &Registry) -> Result<(), Error> {
    let settings = &registry.settings;
    Error::check(settings.faults())?;
    let Some(remote) = &registry.remote else { return Ok(()) };
    if !settings.started.remote.required {
        // It goes on without the connection.
        let _ = remote.tier.connected(CONNECT).await;
        return Ok(());
    }
    let source = settings.started.required_by();
    let began = Instant::now();
    let Err(why) = connect_patiently(remote, &source).await else { return Ok(()) };
    let seconds = began.elapsed().as_secs();
    let waited = if seconds > 0 { format!(" within {seconds} s") } else { String::new() };
    let message = format!(
        "{source}: the remote tier cannot be reached{waited}: {why}; or take `required` \
         (CACHE_REQUIRED) out to start without it"
    );
    Error::check(vec![Fault::new(FaultKind::Unreachable, message)])
}

/// Waits for the first connection of a start that `source` lets fail without one. What only a
/// person can remove is not waited for.
async fn connect_patiently(remote: &Remote, source: &str) -> Result<(), String> {
    let began = Instant::now();
    let connected = remote.tier.connected(CONNECT).await;
    // A tier that gives up earlier knows that waiting is in vain.
    if connected.is_ok() || began.elapsed() < CONNECT {
        return connected;
    }
    let seconds = (CONNECT + CONNECT_LONGER).as_secs();
    tracing::warn!("Redis is not there yet: the start waits for it up to {seconds} s ({source})");
    remote.tier.connected(CONNECT_LONGER).await
}

/// Ends all values of the cache called `name`, here and on all nodes.
pub(super) async fn end_all(
    registry: &Registry,
    name: &'static str,
    ending: Ending,
) -> Invalidation {
    let end_here = || registry.named(name).for_each(|cache| cache.end_all(ending));
    registry.named(name).for_each(|cache| cache.counters.clears.add(1));
    end_here();
    let started = &registry.settings.started;
    let is_shared = site::named(name)
        .iter()
        .any(|site| started.policy(site.index()).backend != Backend::Memory);
    let Some(remote) = registry.remote.as_ref().filter(|_| is_shared) else {
        return Invalidation::Local;
    };
    // Once more, also when the caller goes away: a call in between may have read from a server that
    // did not know yet.
    let _after = scopeguard::guard((), |()| end_here());
    Invalidation::of(remote.tier.invalidate_cache(name, ending, remote.deadline).await)
}

/// Passes the events of a tier on to the caches of its registry.
struct Events(Weak<Registry>);

impl RemoteEvents for Events {
    fn invalidated(&self, identity: Identity, digest: &Digest, ending: Ending) {
        let Some(registry) = self.0.upgrade() else { return };
        let sites = site::by_identity(identity).iter();
        sites
            .filter_map(|site| registry.open_cache(site))
            .for_each(|cache| cache.invalidated_elsewhere(digest, ending));
    }

    fn tag_invalidated(&self, name: &str, digest: Digest, ending: Ending) {
        if let Some(registry) = self.0.upgrade() {
            registry.tags.end(&TagKey::of(name.to_owned(), digest), ending);
        }
    }

    fn cache_invalidated(&self, name: &str, ending: Ending) {
        if let Some(registry) = self.0.upgrade() {
            registry.named(name).for_each(|cache| cache.end_all(ending));
        }
    }

    // Caches of this process alone do nothing on these two.

    fn distrusted(&self) {
        if let Some(registry) = self.0.upgrade() {
            registry.open_caches().for_each(|cache| cache.distrust());
            // Caches of this process alone have tags that other nodes invalidate.
            registry.tags.end_all();
        }
    }

    fn cut_off(&self) {
        if let Some(registry) = self.0.upgrade() {
            registry.open_caches().for_each(|cache| cache.cut_off());
        }
    }
}
