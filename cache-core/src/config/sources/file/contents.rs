//! The parsed `cache.toml`: its sections and its profiles, with the line of each setting.

use std::collections::BTreeMap;

use super::super::super::{
    fields::RemoteSettings,
    layer::Layer,
    source::{Source, Sourced},
};
use crate::error::Fault;

/// The contents of a file.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// The name of the file in messages.
    pub(crate) name: Option<String>,
    /// The settings outside of profiles.
    pub(super) base: Layer,
    pub(super) profiles: BTreeMap<String, Profile>,
    /// The caches that have a section, in whatever profile.
    pub(super) caches: Vec<(Source, String)>,
}

#[derive(Debug)]
pub(super) struct Profile {
    pub(super) layer: Layer,
    /// The profile whose settings this one is laid over.
    pub(super) inherits: Option<(Source, String)>,
}

impl Contents {
    /// Returns the layers in effect under `profile`, from the strongest to the weakest.
    pub(crate) fn layers(&self, profile: Option<&str>) -> Vec<Layer> {
        let chosen = profile.map(|profile| self.ancestry(profile)).unwrap_or_default();
        chosen.into_iter().map(|(_, profile)| &profile.layer).chain([&self.base]).cloned().collect()
    }

    /// Returns the settings of the remote tier, in whatever profile.
    pub(crate) fn remote(&self) -> impl Iterator<Item = &Sourced<RemoteSettings>> {
        let profiles = self.profiles.values().map(|profile| &profile.layer);
        [&self.base].into_iter().chain(profiles).flat_map(|layer| &layer.remote)
    }

    /// Returns the names of the caches that have a section.
    pub(crate) fn cache_names(&self) -> impl Iterator<Item = &str> {
        self.caches.iter().map(|(_, name)| name.as_str())
    }

    /// Adds a fault for each section `[cache.<name>]` whose name is in neither `caches` nor
    /// `external`.
    pub(crate) fn check_caches(
        &self,
        caches: &[&str],
        external: &[String],
        faults: &mut Vec<Fault>,
    ) {
        let is_external =
            |name: &str| external.iter().any(|listed| listed.strip_prefix("cache.") == Some(name));
        let unknown = self
            .caches
            .iter()
            .filter(|(_, name)| !caches.contains(&name.as_str()) && !is_external(name));
        faults.extend(unknown.map(|(source, name)| source.unknown_cache(name, caches)));
    }
}
