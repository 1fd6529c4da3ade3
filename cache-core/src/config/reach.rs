//! Whether the caches that want the remote tier can have it.

use super::{Config, source::Source};
use crate::{
    error::{Fault, FaultKind},
    remote::{RemoteBackend, Target},
    site::Site,
};

/// The most of a kind that a message lists.
const MOST: usize = 5;

/// Where the store is, when one of `sites` wants it and nothing is in the way. What is in the way becomes a fault.
pub(super) fn target(
    config: &Config,
    sites: &[Site],
    backends: &[RemoteBackend],
    isolated: bool,
    faults: &mut Vec<Fault>,
) -> Option<Target> {
    faults.extend(sites.iter().filter_map(|site| local_elsewhere(config, site)));
    let wish = Wish::of(config, sites)?;
    let target = config.remote.target();
    if isolated && target.is_none() && wish.of_code {
        return None;
    }
    if backends.is_empty() {
        faults.push(wish.fault(
            FaultKind::MissingFeature,
            "and this program is built without it: add the feature, as in `cachery = { .., features = [\"redis\"] }`",
        ));
    }
    if target.is_none() {
        faults.push(wish.fault(
            FaultKind::MissingUrl,
            "and nothing says where it is: set REDIS_URL, for example redis://localhost:6379",
        ));
    }
    let (target, backend) = (target?, backends.first()?);
    let refused = (backend.check)(&target).err();
    let source = config.source_of_remote(|said| said.url.is_some()).unwrap_or(&Source::Builder);
    faults.extend(refused.iter().map(|why| source.refuses("url", why)));
    refused.is_none().then_some(target)
}

/// The fault of a setting that would take a `local` cache out of memory.
fn local_elsewhere(config: &Config, site: &Site) -> Option<Fault> {
    let (source, backend) = config.backend_by(site).filter(|_| site.local)?;
    // What is said for all caches leaves `local` ones alone, and the attribute cannot contradict itself.
    let is_own = config.said_of_cache(site.name).any(|said| said.source == source);
    let why = format!(
        "the cache `{}` cannot be `{backend}`, because its function is `local` ({}): drop one of the two",
        site.name,
        site.place(),
    );
    (is_own && backend.is_remote()).then(|| source.refuses("backend", &why))
}

/// The caches that want the remote tier, and who says so.
struct Wish {
    names: Vec<String>,
    sources: Vec<String>,
    /// Only attributes and declarations want it: in a registry of a test, which is told of no URL, memory will do.
    of_code: bool,
}

impl Wish {
    /// `None` when no cache does.
    fn of(config: &Config, sites: &[Site]) -> Option<Self> {
        let wanting = || sites.iter().filter(|site| config.wanted(site).is_remote());
        let names = sorted(wanting().map(|site| format!("`{}`", site.name)));
        let sources = || wanting().filter_map(|site| Some(config.backend_by(site)?.0));
        let of_code = sources().all(|source| matches!(source, Source::Attribute(_) | Source::Declaration(_)));
        let sources = sorted(sources().map(|source| source.to_string()));
        (!names.is_empty()).then_some(Self { names, sources, of_code })
    }

    /// `problem` completes "… want Redis, ".
    fn fault(&self, kind: FaultKind, problem: &str) -> Fault {
        let (sources, names) = (listed(&self.sources), listed(&self.names));
        let caches = if self.names.len() == 1 { "the cache" } else { "the caches" };
        let want = if self.names.len() == 1 { "wants" } else { "want" };
        Fault::new(kind, format!("{sources}: {caches} {names} {want} Redis, {problem}"))
    }
}

fn sorted(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut items: Vec<_> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// `a, b and c`, and after some of them only how many more there are.
fn listed(items: &[String]) -> String {
    let (shown, rest) = items.split_at(items.len().min(MOST));
    match (shown, rest) {
        ([.., last], []) if shown.len() > 1 => format!("{} and {last}", shown[..shown.len() - 1].join(", ")),
        (_, []) => shown.concat(),
        _ => format!("{} and {} more", shown.join(", "), rest.len()),
    }
}
