//! The grammar of the environment: `CACHE_<NAME>_<FIELD>` for each cache, `CACHE_DEFAULT_<FIELD>` for all, and the names that stand
//! for themselves.

use std::{collections::HashMap, ffi::OsString, fmt};

use cache_syntax::{Backend, variable_stem};

use super::{
    layer::Layer,
    remote::{RemoteLayer, Url},
    settings::CacheSettings,
    values,
};
use crate::{error::Fault, remote::TlsFiles};

/// The fields of a cache that a variable can set, as they stand at the end of its name.
pub(super) const FIELDS: [&str; 8] =
    ["TTL", "CAPACITY", "ENABLED", "BACKEND", "CODEC", "LEASE", "MAX_VALUE_SIZE", "JITTER"];

/// The short spelling of [`DEFAULT_BACKEND`].
const TYPE: &str = "CACHE_TYPE";
const DEFAULT_BACKEND: &str = "CACHE_DEFAULT_BACKEND";

/// The one variable that is not named after us: platforms set it.
const FOREIGN_URL: &str = "REDIS_URL";

/// The name of the variable that sets `field` of the cache `name`.
pub(super) fn variable(name: &str, field: &str) -> String {
    format!("CACHE_{}_{field}", variable_stem(name))
}

/// The variables that may concern us, read once.
#[derive(Default)]
pub(crate) struct Variables(HashMap<String, OsString>);

impl Variables {
    /// The process environment.
    pub(crate) fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// What the variables say, also about the caches called `names`.
    pub(super) fn layer(&self, names: &[&str], faults: &mut Vec<Fault>) -> Layer {
        Layer {
            enabled: self.read("CACHE_ENABLED", values::switch, faults),
            all: self.all(faults),
            caches: names.iter().map(|name| ((*name).to_owned(), self.of_cache(name, faults))).collect(),
            remote: self.remote(faults),
        }
    }

    /// What they say about the cache `name`.
    fn of_cache(&self, name: &str, faults: &mut Vec<Fault>) -> CacheSettings {
        let ttl = self.read(&variable(name, "TTL"), values::ttl, faults);
        CacheSettings { ttl, ..self.settings(name, faults) }
    }

    /// What they say about all caches.
    fn all(&self, faults: &mut Vec<Fault>) -> CacheSettings {
        if self.is_set("CACHE_DEFAULT_TTL") {
            faults.push(Fault::of_setting(
                "CACHE_DEFAULT_TTL",
                "a ttl for all caches has no effect, because every attribute states its own; use `CACHE_<NAME>_TTL`",
            ));
        }
        let settings = self.settings("default", faults);
        CacheSettings { backend: self.default_backend(settings.backend, faults), ..settings }
    }

    /// What they say about the cache `name`, or about all as `default`; the ttl is a matter apart.
    fn settings(&self, name: &str, faults: &mut Vec<Fault>) -> CacheSettings {
        CacheSettings {
            ttl: None,
            enabled: self.read(&variable(name, "ENABLED"), values::switch, faults),
            capacity: self.read(&variable(name, "CAPACITY"), values::capacity, faults),
            jitter: self.read(&variable(name, "JITTER"), values::jitter, faults),
            backend: self.read(&variable(name, "BACKEND"), values::backend, faults),
            codec: self.read(&variable(name, "CODEC"), values::codec, faults),
            lease: self.read(&variable(name, "LEASE"), values::switch, faults),
            max_value_size: self.read(&variable(name, "MAX_VALUE_SIZE"), values::size, faults),
        }
    }

    /// The backend for all caches, by either of its names; `long` is what the long one says.
    fn default_backend(&self, long: Option<Backend>, faults: &mut Vec<Fault>) -> Option<Backend> {
        match (self.read(TYPE, values::backend, faults), long) {
            (Some(short), Some(long)) if short != long => {
                let why = format!(
                    "it says `{short}` and {DEFAULT_BACKEND} says `{long}`, for one setting; keep one of them"
                );
                faults.push(Fault::of_setting(TYPE, &why));
                None
            }
            (short, long) => short.or(long),
        }
    }

    /// The variable by which the backend for all caches is set.
    pub(super) fn of_default_backend(&self) -> &'static str {
        if self.is_set(TYPE) { TYPE } else { DEFAULT_BACKEND }
    }

    /// What they say about the remote tier.
    fn remote(&self, faults: &mut Vec<Fault>) -> RemoteLayer {
        RemoteLayer {
            url: self.url(faults),
            tls: TlsFiles {
                ca: self.read("CACHE_REDIS_CA", values::path, faults),
                cert: self.read("CACHE_REDIS_CERT", values::path, faults),
                key: self.read("CACHE_REDIS_KEY", values::path, faults),
            },
            prefix: self.read("CACHE_PREFIX", values::prefix, faults),
            key_secret: self.read("CACHE_KEY_SECRET", values::secret, faults),
            required: self.read("CACHE_REQUIRED", values::switch, faults),
            fallback: self.read("CACHE_FALLBACK", values::fallback, faults),
            deadline: self.read("CACHE_REMOTE_DEADLINE", values::duration, faults),
            outage_ttl: self.read("CACHE_OUTAGE_TTL", values::duration, faults),
        }
    }

    fn url(&self, faults: &mut Vec<Fault>) -> Option<Url> {
        let mut read = |source| Some(Url { text: self.read(source, values::url, faults)?, source });
        read("CACHE_REDIS_URL").or_else(|| read(FOREIGN_URL))
    }

    /// Empty counts as not set.
    fn is_set(&self, variable: &str) -> bool {
        self.0.get(variable).is_some_and(|value| value.to_str().is_none_or(|text| !text.trim().is_empty()))
    }

    /// The value of `variable`, if it is set and right.
    fn read<T>(
        &self,
        variable: &str,
        parse: fn(&str) -> Result<T, String>,
        faults: &mut Vec<Fault>,
    ) -> Option<T> {
        let value = self.0.get(variable).filter(|_| self.is_set(variable))?;
        let parsed = value
            .to_str()
            .ok_or_else(|| "it is not valid UTF-8".to_owned())
            .and_then(|text| parse(text.trim()));
        parsed.map_err(|why| faults.push(Fault::of_setting(variable, &why))).ok()
    }
}

/// The names, sorted, and never a value: one may be private.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.0.keys().collect();
        names.sort_unstable();
        f.debug_set().entries(names).finish()
    }
}

impl FromIterator<(OsString, OsString)> for Variables {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        let ours = variables.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(ours.filter(|(name, _)| name.starts_with("CACHE_") || name == FOREIGN_URL).collect())
    }
}
