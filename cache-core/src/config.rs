//! Settings from outside: where they are read, checked and laid over what the attributes say.
//!
//! Layers, each over the one before: built-in defaults, values for all caches, the attribute, values for one cache; within
//! each, a variable and then the builder. [`variables`] is the grammar of the environment and [`values`] that of what stands in
//! it, [`settings`] what can be set for a cache, [`remote`] what for the remote tier, [`reach`] whether that can be used.

mod layer;
mod reach;
mod remote;
mod settings;
mod values;
mod variables;
mod wiring;

pub use remote::Fallback;
pub(crate) use remote::{Secret, Url};
pub use settings::CacheSettings;
pub(crate) use variables::Variables;

use std::time::Duration;

use cache_syntax::{Backend, Ttl};

use self::{
    layer::{Layer, Speaker},
    remote::RemoteSettings,
};
use crate::{
    error::Fault,
    policy::{CAPACITY, JITTER, MAX_VALUE_SIZE, Policy},
    remote::{REMOTE_BACKENDS, RemoteBackend, Target},
    site::Site,
};

/// The settings of one registry: what the builder is given, and after [`Config::resolve`] all there is.
#[derive(Clone, Default)]
pub(crate) struct Config {
    pub(crate) builder: Layer,
    variables: Layer,
    /// Of both layers together.
    pub(crate) remote: RemoteSettings,
    /// Where the store is, when a cache wants it and it can be used.
    target: Option<Target>,
}

impl Config {
    /// Lays `given` over what `variables` say about `sites`. A value that is wrong is left out and told as a fault; when the
    /// remote tier cannot be used, which is a fault too, all caches stay in memory.
    pub(crate) fn resolve(sites: &[Site], variables: &Variables, given: Self) -> (Self, Vec<Fault>) {
        Self::resolve_with(&REMOTE_BACKENDS, sites, variables, given)
    }

    fn resolve_with(
        backends: &[RemoteBackend],
        sites: &[Site],
        variables: &Variables,
        given: Self,
    ) -> (Self, Vec<Fault>) {
        let mut faults = wiring::check(sites);
        let names = names(sites);
        given.builder.check(&names, &mut faults);
        let variables_say = variables.layer(&names, &mut faults);
        let remote = given.builder.remote.clone().over(variables_say.remote.clone()).into();
        let mut config = Self { builder: given.builder, variables: variables_say, remote, target: None };
        remote::check_certificate(&config.remote.tls, &config.builder.remote.tls, &mut faults);
        config.target = reach::target(&config, sites, variables, backends, &mut faults);
        (config, faults)
    }

    /// Where the remote store is: `Some` exactly when a cache wants it and it can be used.
    pub(crate) fn remote_target(&self) -> Option<Target> {
        self.target.clone()
    }

    /// The effective policy of `site`.
    pub(crate) fn policy(&self, site: &Site) -> Policy {
        let layers = self.layers(site).into_iter();
        let set = layers.fold(CacheSettings::new(), |above, (_, layer)| above.over(layer));
        let enabled = self.builder.enabled.or(self.variables.enabled).unwrap_or(true);
        Policy {
            enabled: enabled && set.enabled.unwrap_or(true),
            ttl: set.ttl.map_or(site.ttl, duration),
            capacity: set.capacity.unwrap_or(CAPACITY),
            jitter: set.jitter.unwrap_or(JITTER),
            backend: if self.target.is_some() { self.wanted(site) } else { Backend::Memory },
            codec: set.codec.unwrap_or_default(),
            lease: set.lease.unwrap_or(true),
            max_value_size: set.max_value_size.unwrap_or(MAX_VALUE_SIZE),
        }
    }

    /// Where entries of `site` should be kept.
    fn wanted(&self, site: &Site) -> Backend {
        let said = self.backend_by(site).filter(|_| !site.local);
        said.map(|(_, backend)| backend).unwrap_or_default()
    }

    /// Where entries of `site` should be kept by what is said of it, and who says so.
    fn backend_by(&self, site: &Site) -> Option<(Speaker, Backend)> {
        self.layers(site).into_iter().find_map(|(speaker, layer)| Some((speaker, layer.backend?)))
    }

    /// What is said about `site`, from the strongest to the weakest.
    fn layers(&self, site: &Site) -> [(Speaker, CacheSettings); 5] {
        let attribute =
            CacheSettings { capacity: site.capacity, backend: site.backend, ..CacheSettings::default() };
        [
            (Speaker::BuilderForCache, self.builder.of(site.name)),
            (Speaker::VariableForCache, self.variables.of(site.name)),
            (Speaker::Attribute, attribute),
            (Speaker::BuilderForAll, self.builder.for_all()),
            (Speaker::VariableForAll, self.variables.for_all()),
        ]
    }
}

fn duration(ttl: Ttl) -> Option<Duration> {
    match ttl {
        Ttl::For(duration) => Some(duration),
        Ttl::Forever => None,
    }
}

/// The names of all caches, sorted, each once.
pub(crate) fn names(sites: &[Site]) -> Vec<&'static str> {
    let mut names: Vec<_> = sites.iter().map(|site| site.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests;
