//! The settings as a program without call sites can tell them: for the command `cachery`.

use cachery_syntax::{check_name, variable_stem};

use super::{
    builder::CachesBuilder,
    checks,
    effective::{BUILT_IN, EffectiveConfig},
    resolve::Resolved,
    source::Source,
    sources::{FOR_ALL, Sources, name_and_field},
};
use crate::{error::Fault, remote::REMOTE_BACKENDS, site::Site};

/// The settings that the file and the variables have, for the caches that they name. Attributes of
/// the program they are for are unknown here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Preview {
    /// The settings, each with its source. A cache stands under the name that a source gives it.
    pub config: EffectiveConfig,
    /// All that is wrong with them.
    pub faults: Vec<Fault>,
    /// Settings that are ignored or without effect, each in one line.
    pub notes: Vec<String>,
    /// `true` when the URL of Redis asks for TLS.
    pub tls: bool,
    /// The variables and sections of caches, for [`CachesBuilder::external`]: a program that has
    /// none of these caches does not report them then.
    pub external: Vec<String>,
}

impl CachesBuilder {
    /// Reads the settings without the call sites of the program that they are for. The names of
    /// caches are those that the file and the variables have.
    #[doc(hidden)]
    pub fn preview(&self) -> Preview {
        Preview::of(&self.sources)
    }
}

/// The caches that the sources name.
#[derive(Default)]
struct Named {
    caches: Vec<String>,
    external: Vec<String>,
}

impl Preview {
    fn of(sources: &Sources) -> Self {
        let Named { caches, external } = Named::find(sources);
        let sites: Vec<_> = caches.into_iter().map(site).collect();
        let Resolved { config, faults } =
            Resolved::with_backends(sources, &sites, &REMOTE_BACKENDS);
        let policies = sites.iter().enumerate();
        let policies = policies.map(|(index, site)| (site, config.policy(index).clone()));
        // An attribute may say that a cache uses Redis, and how its values are weighed.
        let checks = [checks::unused_remote, checks::uncounted];
        let guessed = checks.map(|check| check(&config.layers, &sites));
        let is_known = |note: &&String| !guessed.iter().flatten().any(|guess| guess == *note);
        let notes = config.notes.iter().filter(is_known).cloned();
        let url = config.remote.target().map(|target| target.url);
        Self {
            notes: notes.collect(),
            tls: url.is_some_and(|url| is_with_tls(&url)),
            config: without_attributes(EffectiveConfig::of(&config, &config, policies)),
            faults,
            external,
        }
    }
}

impl Named {
    fn find(sources: &Sources) -> Self {
        // With no cache known, each variable of one is unknown. The faults are found later.
        let settings = sources.read(&[], &mut Vec::new());
        let mut named = Self::default();
        for name in settings.file.cache_names() {
            named.external.push(format!("cache.{name}"));
            named.add(name.to_owned());
        }
        let (unknown, _) = settings.variables.unknown(&[]);
        for variable in unknown {
            if let Some(name) = name_in(variable) {
                named.external.push(variable.to_owned());
                named.add(name);
            }
        }
        named.caches.sort_unstable();
        named
    }

    /// Adds a cache, unless one is known that has the same variables.
    fn add(&mut self, name: String) {
        let stem = variable_stem(&name);
        if self.caches.iter().all(|known| variable_stem(known) != stem) {
            self.caches.push(name);
        }
    }
}

/// Returns the name of a cache in `CACHE_<NAME>_<FIELD>`.
fn name_in(variable: &str) -> Option<String> {
    let (name, _) = name_and_field(variable)?;
    (name != FOR_ALL && check_name(&name).is_ok()).then_some(name)
}

/// Leaves out the attributes of the sites, which are not those of the program.
fn without_attributes(mut config: EffectiveConfig) -> EffectiveConfig {
    let attribute = Source::Attribute(String::new()).in_table();
    for setting in config.caches.iter_mut().flat_map(|cache| &mut cache.settings) {
        setting.overruled.retain(|weaker| weaker.source != attribute);
        if setting.source == attribute {
            "the attribute's".clone_into(&mut setting.value);
            BUILT_IN.clone_into(&mut setting.source);
        }
    }
    config
}

/// Returns true for a URL whose scheme stands for TLS.
fn is_with_tls(url: &str) -> bool {
    ["rediss", "valkeys", "https"].iter().any(|scheme| url.trim_start().starts_with(scheme))
}

/// Returns a site for a name alone, which is taken to honour each setting. Sites name their caches for
/// as long as the process lives.
fn site(name: String) -> Site {
    Site::named(name.leak(), "a function that the command does not know", "", "")
        .optional()
        .keeping_errors()
        .ending_loads()
        .refusing_loads()
        .detached()
        .weigh(|| Some(|_| 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(variables: &[(&str, &str)]) -> Preview {
        CachesBuilder::default().isolated().variables(variables.iter().copied()).preview()
    }

    #[test]
    fn what_only_some_functions_honour_is_no_fault_of_one_that_is_unknown() {
        let settings = [
            ("CACHE_USERS_NONE_TTL", "1m"),
            ("CACHE_USERS_ERR_TTL", "1m"),
            ("CACHE_USERS_LOAD_TIMEOUT", "1m"),
            ("CACHE_USERS_SOFT_TIMEOUT", "1s"),
            ("CACHE_USERS_BUDGET", "off"),
            ("CACHE_USERS_MAX_BYTES", "1MiB"),
        ];
        let faults = preview(&settings).faults;
        assert!(faults.is_empty(), "{faults:?}");
    }

    #[test]
    fn caches_are_taken_by_the_names_that_variables_have() {
        let Preview { config, faults, external, .. } =
            preview(&[("CACHE_USERS_STALE_IF_ERROR", "1h"), ("CACHE_USERS_TTL", "1m")]);
        assert!(faults.is_empty(), "{faults:?}");
        let names: Vec<_> = config.caches.iter().map(|cache| cache.name).collect();
        assert_eq!(names, ["users"]);
        assert_eq!(external, ["CACHE_USERS_STALE_IF_ERROR", "CACHE_USERS_TTL"]);
        let ttl = config.caches[0].settings.iter().find(|setting| setting.field == "ttl").unwrap();
        assert_eq!((&*ttl.value, &*ttl.source), ("1m", "CACHE_USERS_TTL"));
        assert!(ttl.overruled.is_empty(), "the attribute is unknown: {ttl:?}");
    }

    #[test]
    fn a_wrong_value_of_a_cache_and_a_misspelt_variable_are_faults() {
        let faults = |name, value| preview(&[(name, value)]).faults;
        assert_eq!(faults("CACHE_USERS_TTL", "soon").len(), 1);
        assert_eq!(faults("CACHE_REQUIERD", "true").len(), 1);
        assert!(faults("CACHE_DEFAULT_CAPACITY", "9").is_empty());
    }

    #[test]
    fn a_program_that_has_none_of_the_caches_does_not_report_them() {
        let builder = || CachesBuilder::default().isolated().variables([("CACHE_USERS_TTL", "1m")]);
        let external = builder().preview().external;
        assert!(builder().strict(true).check().is_err());
        assert!(builder().strict(true).external(external).check().is_ok());
    }

    #[test]
    fn a_url_that_asks_for_tls_is_told_from_another() {
        assert!(preview(&[("REDIS_URL", "rediss://h")]).tls);
        assert!(!preview(&[("REDIS_URL", "redis://h")]).tls);
        assert!(!preview(&[]).tls);
    }
}
