//! The check that caches with the backend `redis` or `tiered` have a server to use.

use super::super::{merge::Layers, source::Source};
use crate::{
    error::{Fault, FaultKind},
    remote::{RemoteBackend, Target},
    site::Site,
};

/// The most caches, or sources, that a message lists.
const MOST_LISTED: usize = 5;

/// Returns the remote store, when one of `sites` needs it and it can be used: `target` is the one
/// that is set. What prevents its use becomes a fault.
pub(crate) fn check(
    layers: &Layers,
    target: Option<Target>,
    sites: &[Site],
    backends: &[RemoteBackend],
    isolated: bool,
    faults: &mut Vec<Fault>,
) -> Option<Target> {
    faults.extend(sites.iter().filter_map(|site| local_elsewhere(layers, site)));
    let demand = Demand::of(layers, sites)?;
    if isolated && target.is_none() && demand.of_code {
        return None;
    }
    if backends.is_empty() {
        faults.push(demand.fault(
            FaultKind::MissingFeature,
            "and this program is built without it: add the feature, as in `cachery = { .., features = \
             [\"redis\"] }`",
        ));
    }
    if target.is_none() {
        faults.push(demand.fault(
            FaultKind::MissingUrl,
            "and no URL is set: set REDIS_URL, for example redis://localhost:6379",
        ));
    }
    let target = target?;
    let refused = (backends.first()?.check)(&target).err();
    let source =
        layers.source_of_remote(|settings| settings.url.is_some()).unwrap_or(&Source::Builder);
    faults.extend(refused.iter().map(|why| source.refuses("url", why)));
    refused.is_none().then_some(target)
}

/// Returns the fault of a setting that would take a `local` cache out of memory.
fn local_elsewhere(layers: &Layers, site: &Site) -> Option<Fault> {
    let (source, backend) = layers.backend(site).filter(|_| site.local)?;
    // A setting for all caches leaves `local` ones alone, and an attribute cannot contradict
    // itself.
    let is_own = layers.cache(site.name).any(|sourced| sourced.source == source);
    let why = format!(
        "the cache `{}` cannot be `{backend}`, because its function is `local` ({}): remove this setting, or `local`",
        site.name,
        site.place(),
    );
    (is_own && backend.is_remote()).then(|| source.refuses("backend", &why))
}

/// The caches that need the remote store, and the sources that say so.
struct Demand {
    caches: Vec<String>,
    sources: Vec<String>,
    /// `true` when only attributes and declarations ask for it: a test's registry without a URL
    /// then uses memory.
    of_code: bool,
}

impl Demand {
    /// Returns `None` when no cache needs the store.
    fn of(layers: &Layers, sites: &[Site]) -> Option<Self> {
        let mut demand = Self { caches: Vec::new(), sources: Vec::new(), of_code: true };
        for site in sites.iter().filter(|site| !site.local) {
            let Some((source, _)) = layers.backend(site).filter(|(_, backend)| backend.is_remote())
            else {
                continue;
            };
            demand.of_code &= source.is_code();
            demand.caches.push(format!("`{}`", site.name));
            demand.sources.push(source.to_string());
        }
        (!demand.caches.is_empty()).then(|| Self {
            caches: sorted(demand.caches),
            sources: sorted(demand.sources),
            of_code: demand.of_code,
        })
    }

    /// Returns a fault; `problem` completes "… need Redis, ".
    fn fault(&self, kind: FaultKind, problem: &str) -> Fault {
        let sources = listed(&self.sources);
        let names = listed(&self.caches);
        let need = if self.caches.len() == 1 {
            format!("the cache {names} needs Redis")
        } else {
            format!("the caches {names} need Redis")
        };
        Fault::new(kind, format!("{sources}: {need}, {problem}"))
    }
}

fn sorted(mut items: Vec<String>) -> Vec<String> {
    items.sort_unstable();
    items.dedup();
    items
}

/// Returns `a, b and c`. Beyond the first few, it only counts.
pub(super) fn listed(items: &[String]) -> String {
    let (shown, rest) = items.split_at(items.len().min(MOST_LISTED));
    match (shown, rest) {
        ([.., last], []) if shown.len() > 1 => {
            format!("{} and {last}", shown[..shown.len() - 1].join(", "))
        }
        (_, []) => shown.concat(),
        _ => format!("{} and {} more", shown.join(", "), rest.len()),
    }
}
