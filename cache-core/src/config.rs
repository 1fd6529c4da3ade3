//! Settings from outside: where they are read, checked and laid over what the attributes say.
//!
//! Layers, each over the one before: built-in defaults, values for all caches, the attribute, values for one cache; within
//! each, a variable and then the builder. [`variables`] is the grammar of the environment, [`settings`] what can be set.

mod settings;
mod variables;
mod wiring;

pub use settings::CacheSettings;
pub(crate) use variables::Variables;

use std::{collections::BTreeMap, time::Duration};

use cache_syntax::Ttl;

use crate::{
    error::{Fault, FaultKind},
    policy::{CAPACITY, JITTER, Policy},
    site::Site,
};

/// The settings of one registry: what the builder is given, and after [`Config::resolve`] all there is.
#[derive(Clone, Default)]
pub(crate) struct Config {
    pub(crate) enabled: Option<bool>,
    pub(crate) all: CacheSettings,
    pub(crate) caches: BTreeMap<String, CacheSettings>,
}

impl Config {
    /// Lays `given` over what `variables` say about `sites`. A value that is wrong is left out and told as a fault.
    pub(crate) fn resolve(sites: &[Site], variables: &Variables, given: Self) -> (Self, Vec<Fault>) {
        let mut faults = wiring::check(sites);
        let names = names(sites);
        let mut config = Self { enabled: variables.enabled(&mut faults), ..Self::default() };
        for name in &names {
            config.caches.insert((*name).to_owned(), variables.settings(name, &mut faults));
        }
        given.check(&names, &mut faults);
        config.lay_over(given);
        (config, faults)
    }

    fn lay_over(&mut self, given: Self) {
        self.enabled = given.enabled.or(self.enabled);
        self.all = given.all;
        for (name, settings) in given.caches {
            let lower = self.caches.remove(&name).unwrap_or_default();
            self.caches.insert(name, settings.over(lower));
        }
    }

    /// The effective policy of `site`.
    pub(crate) fn policy(&self, site: &Site) -> Policy {
        let of_cache = self.caches.get(site.name).copied().unwrap_or_default();
        let attribute = CacheSettings { capacity: site.capacity, ..CacheSettings::default() };
        let set = of_cache.over(attribute).over(self.all);
        Policy {
            enabled: self.enabled.unwrap_or(true) && set.enabled.unwrap_or(true),
            // Every attribute states its ttl, so a value for all caches has nothing to say; `check` refuses one.
            ttl: of_cache.ttl.map_or(site.ttl, duration),
            capacity: set.capacity.unwrap_or(CAPACITY),
            jitter: set.jitter.unwrap_or(JITTER),
        }
    }

    fn check(&self, names: &[&str], faults: &mut Vec<Fault>) {
        if self.all.ttl.is_some() {
            faults.push(Fault::new(
                FaultKind::InvalidSetting,
                "builder: a ttl for all caches has no effect, because every attribute states its own; use \
                 `.cache(name, ..)`",
            ));
        }
        CacheSettings { ttl: None, ..self.all }.check("for all caches", faults);
        for (name, settings) in &self.caches {
            settings.check(&format!("for the cache `{name}`"), faults);
            if !names.contains(&name.as_str()) {
                faults.push(unknown_cache(name, names));
            }
        }
    }
}

fn unknown_cache(name: &str, names: &[&str]) -> Fault {
    let hint = match cache_syntax::nearest(name, names.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("the caches of this program are {}", names.join(", ")),
    };
    Fault::new(FaultKind::UnknownCache, format!("builder: there is no cache named `{name}`: {hint}"))
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
