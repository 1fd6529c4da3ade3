//! Rules of eviction that no cache can follow.

use cachery_syntax::Engine;

use super::super::{
    fields::CacheSettings,
    merge::{Layers, merge},
    source::Source,
};
use crate::{error::Fault, site::Site};

/// Returns a fault for each source, except an attribute, that sets a rule of eviction for caches of
/// which none has an engine with a choice of rules.
pub(crate) fn check(layers: &Layers, sites: &[Site]) -> Vec<Fault> {
    let mut followed = Vec::new();
    let mut idle = Vec::new();
    for site in sites {
        let settings = layers.site(site);
        let CacheSettings { engine, .. } = merge(&settings);
        let is_followed = engine == Some(Engine::Moka);
        let strongest = settings.into_iter().find(|sourced| sourced.settings.eviction.is_some());
        let group = if is_followed { &mut followed } else { &mut idle };
        group.extend(strongest.map(|sourced| sourced.source));
    }
    idle.retain(|source: &Source| !source.is_code() && !followed.contains(source));
    idle.dedup();
    let why =
        "a rule of eviction is for the engine `moka`, which no cache here has: set `engine`, too";
    idle.iter().map(|source| source.refuses("eviction", why)).collect()
}
