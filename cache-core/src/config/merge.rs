//! The settings of all sources, in the order in which they win.

use cachery_syntax::Backend;

use super::{
    fields::{CacheSettings, ProgramSettings, RemoteSettings, Settings},
    layer::Layer,
    source::{Source, Sourced},
    sources::attribute,
};
use crate::site::Site;

/// The layers of a registry, from the strongest to the weakest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers(pub(super) Vec<Layer>);

impl Layers {
    pub(super) fn program(&self) -> impl Iterator<Item = &Sourced<ProgramSettings>> {
        self.0.iter().flat_map(|layer| &layer.program)
    }

    pub(super) fn remote(&self) -> impl Iterator<Item = &Sourced<RemoteSettings>> {
        self.0.iter().flat_map(|layer| &layer.remote)
    }

    /// Returns the source of the remote settings that `has` a field, if one has it.
    pub(super) fn source_of_remote(
        &self,
        has: impl Fn(&RemoteSettings) -> bool,
    ) -> Option<&Source> {
        self.remote().find(|sourced| has(&sourced.settings)).map(|sourced| &sourced.source)
    }

    /// Returns the settings that name the cache `name`. Those for all caches are left out.
    pub(super) fn cache(&self, name: &str) -> impl Iterator<Item = &Sourced<CacheSettings>> {
        self.0.iter().filter_map(move |layer| layer.caches.get(name)).flatten()
    }

    /// Returns all settings that concern `site`: its cache's own, its attribute's, and those of all
    /// caches.
    pub(super) fn site(&self, site: &Site) -> Vec<Sourced<CacheSettings>> {
        let all = self.0.iter().flat_map(|layer| &layer.all);
        self.cache(site.name)
            .cloned()
            .chain([attribute::settings(site)])
            .chain(all.cloned())
            .collect()
    }

    /// Returns the backend that `site` is given, and its source.
    pub(super) fn backend(&self, site: &Site) -> Option<(Source, Backend)> {
        self.site(site)
            .into_iter()
            .find_map(|sourced| Some((sourced.source, sourced.settings.backend?)))
    }
}

/// Merges settings, the strongest first.
pub(super) fn merge<'a, S: Settings>(sourced: impl IntoIterator<Item = &'a Sourced<S>>) -> S {
    sourced.into_iter().fold(S::default(), |merged, next| merged.or(next.settings.clone()))
}
