//! What stands in a file.

use std::collections::BTreeMap;

use super::super::{
    layer::{Layer, unknown_cache},
    source::Source,
};
use crate::error::Fault;

/// A file, read.
#[derive(Debug, Default)]
pub(in super::super) struct Contents {
    /// How messages call it.
    pub(in super::super) name: Option<String>,
    /// What it says whatever the profile.
    pub(super) base: Layer,
    pub(super) profiles: BTreeMap<String, Profile>,
    /// The caches that have a section, in whatever profile.
    pub(super) caches: Vec<(Source, String)>,
}

#[derive(Debug)]
pub(super) struct Profile {
    pub(super) layer: Layer,
    /// The profile that is below it.
    pub(super) inherits: Option<(Source, String)>,
}

impl Contents {
    /// What it says where `profile` stands, from the strongest to the weakest.
    pub(in super::super) fn layers(&self, profile: Option<&str>) -> Vec<Layer> {
        let chosen = profile.map(|profile| self.line(profile)).unwrap_or_default();
        chosen.into_iter().map(|(_, profile)| &profile.layer).chain([&self.base]).cloned().collect()
    }

    /// Tells of sections for caches that are not among `caches`, unless they are `external`: `cache.other`.
    pub(in super::super) fn check_caches(
        &self,
        caches: &[&str],
        external: &[String],
        faults: &mut Vec<Fault>,
    ) {
        let is_external =
            |name: &str| external.iter().any(|listed| listed.strip_prefix("cache.") == Some(name));
        let unknown =
            self.caches.iter().filter(|(_, name)| !caches.contains(&name.as_str()) && !is_external(name));
        faults.extend(unknown.map(|(source, name)| unknown_cache(source, name, caches)));
    }
}
