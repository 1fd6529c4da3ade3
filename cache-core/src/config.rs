//! Settings from outside: where they are read, checked and laid over what the attributes say.
//!
//! Layers, each over the one before: built-in defaults, values for all caches, the attribute, values for one cache; within
//! each, the file, its profile, the variables and then the builder. [`fields`] is all that can be set, [`values`] how it is written;
//! [`variables`] is the grammar of the environment and [`file`] that of a file, [`reach`] tells whether the remote tier can be used.

mod effective;
mod field;
mod fields;
mod file;
mod layer;
mod program;
mod reach;
#[doc(hidden)]
pub mod reference;
mod remote;
mod settings;
mod source;
mod strangers;
mod values;
mod variables;
mod wiring;

pub use effective::{CacheConfig, EffectiveConfig, Setting, Statement};
pub(crate) use layer::Given;
pub use remote::Fallback;
pub(crate) use remote::Secret;
pub use settings::CacheSettings;
pub(crate) use settings::Settings;
pub(crate) use strangers::Strangers;
use variables::PROFILE;
pub(crate) use variables::Variables;

use std::time::Duration;

use cachery_syntax::{Backend, Ttl};

use self::{
    layer::Layer,
    program::ProgramSettings,
    remote::{RemoteLayer, RemoteSettings},
    source::{Said, Source},
};
use crate::{
    error::Fault,
    policy::{CAPACITY, JITTER, MAX_VALUE_SIZE, Policy},
    remote::{REMOTE_BACKENDS, RemoteBackend, Target},
    site::Site,
};

/// Where settings come from.
#[derive(Clone, Default)]
pub(crate) struct Origin {
    pub(crate) given: Given,
    /// `None`: those of the process.
    pub(crate) variables: Option<Variables>,
    /// Nothing of the process is read.
    pub(crate) isolated: bool,
}

/// The settings of one registry, all sources together.
#[derive(Clone, Default)]
pub(crate) struct Config {
    /// From the strongest to the weakest.
    layers: Vec<Layer>,
    pub(crate) remote: RemoteSettings,
    /// Where the store is, when a cache wants it and it can be used.
    target: Option<Target>,
    /// The path of the file, and which of its profiles stands.
    file: Option<String>,
    profile: Option<String>,
}

/// What settings come to.
#[derive(Default)]
pub(crate) struct Resolved {
    pub(crate) config: Config,
    pub(crate) faults: Vec<Fault>,
    pub(crate) strangers: Strangers,
}

impl Origin {
    /// Reads all sources, and lays what they say about `sites` over one another. A value that is wrong is left out and told as a
    /// fault; when the remote tier cannot be used, which is a fault too, all caches stay in memory.
    pub(crate) fn resolve(&self, sites: &[Site]) -> Resolved {
        self.resolve_with(&REMOTE_BACKENDS, sites)
    }

    fn resolve_with(&self, backends: &[RemoteBackend], sites: &[Site]) -> Resolved {
        let (caches, variables) = (names(sites), self.variables());
        let mut faults = wiring::check(sites);
        self.given.check(&caches, &mut faults);
        let said = variables.layer(&caches, &mut faults);
        let contents = file::read(self, &variables, &mut faults).unwrap_or_default();
        let profile = contents.choose(self.profile(&variables, &mut faults), &mut faults);
        let layers = [self.given.layer(), said].into_iter().chain(contents.layers(profile.as_deref()));
        let mut config = Config::of(layers.collect(), contents.name.clone(), profile);
        let program = config.program();
        let external = program.external.unwrap_or_default();
        let strict = program.strict.unwrap_or(false);
        contents.check_caches(&caches, &external, &mut faults);
        let strangers = Strangers::among(&variables, &caches, &external, strict, &mut faults);
        config.check_certificate(&mut faults);
        config.target = reach::target(&config, sites, backends, self.isolated, &mut faults);
        Resolved { config, faults, strangers }
    }

    fn variables(&self) -> Variables {
        match &self.variables {
            Some(variables) => variables.clone(),
            None if self.isolated => Variables::default(),
            None => Variables::of_process(),
        }
    }

    /// The profile that is asked for, and who asks.
    fn profile(&self, variables: &Variables, faults: &mut Vec<Fault>) -> Option<(Source, String)> {
        if let Some(name) = &self.given.profile {
            return Some((Source::Builder, name.clone()));
        }
        let name = variables.text(PROFILE, faults)?;
        Some((Source::Variable(PROFILE.to_owned()), name.to_owned()))
    }
}

impl Config {
    fn of(layers: Vec<Layer>, file: Option<String>, profile: Option<String>) -> Self {
        let remote = source::sum(layers.iter().flat_map(|layer| &layer.remote));
        Self { layers, remote: remote.into(), target: None, file, profile }
    }

    /// Where the remote store is: `Some` exactly when a cache wants it and it can be used.
    pub(crate) fn remote_target(&self) -> Option<Target> {
        self.target.clone()
    }

    /// The effective policy of `site`.
    pub(crate) fn policy(&self, site: &Site) -> Policy {
        let set = source::sum(self.said(site).iter());
        Policy {
            enabled: self.is_enabled() && set.enabled.unwrap_or(true),
            ttl: set.ttl.and_then(duration),
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
    fn backend_by(&self, site: &Site) -> Option<(Source, Backend)> {
        self.said(site).into_iter().find_map(|said| Some((said.source, said.settings.backend?)))
    }

    /// What is said about `site`, from the strongest to the weakest.
    fn said(&self, site: &Site) -> Vec<Said<CacheSettings>> {
        let all = self.layers.iter().flat_map(|layer| &layer.all);
        self.said_of_cache(site.name)
            .cloned()
            .chain([layer::of_attribute(site)])
            .chain(all.cloned())
            .collect()
    }

    /// What is said about the cache `name` alone.
    fn said_of_cache(&self, name: &str) -> impl Iterator<Item = &Said<CacheSettings>> {
        self.layers.iter().filter_map(move |layer| layer.caches.get(name)).flatten()
    }

    /// Whether anything is cached.
    pub(crate) fn is_enabled(&self) -> bool {
        self.program().enabled.unwrap_or(true)
    }

    /// Who says that the program does not start without the store.
    pub(crate) fn required_by(&self) -> String {
        self.source_of_remote(|said| said.required.is_some()).map_or_else(String::new, ToString::to_string)
    }

    fn program(&self) -> ProgramSettings {
        source::sum(self.said_of_program().iter())
    }

    fn said_of_program(&self) -> Vec<Said<ProgramSettings>> {
        self.layers.iter().flat_map(|layer| layer.program.clone()).collect()
    }

    /// Who says what `has` looks for about the remote tier.
    fn source_of_remote(&self, has: impl Fn(&RemoteLayer) -> bool) -> Option<&Source> {
        let mut said = self.layers.iter().flat_map(|layer| &layer.remote);
        said.find(|said| has(&said.settings)).map(|said| &said.source)
    }

    /// A client certificate and its key come together.
    fn check_certificate(&self, faults: &mut Vec<Fault>) {
        let cert = self.source_of_remote(|said| said.cert.is_some());
        let key = self.source_of_remote(|said| said.key.is_some());
        faults.extend(match (cert, key) {
            (Some(source), None) => {
                let why = "a client certificate needs its private key: give CACHE_REDIS_KEY, or `key` in a file or `redis_tls`, too";
                Some(source.refuses("cert", why))
            }
            (None, Some(source)) => {
                let why = "a private key needs its client certificate: give CACHE_REDIS_CERT, or `cert` in a file or `redis_tls`, too";
                Some(source.refuses("key", why))
            }
            _ => None,
        });
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
