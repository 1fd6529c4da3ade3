//! The grammar of the environment: `CACHE_ENABLED`, and `CACHE_<NAME>_<FIELD>` for each cache.

use std::{collections::HashMap, ffi::OsString, fmt};

use cache_syntax::{Ttl, excerpt, variable_stem};

use super::settings::CacheSettings;
use crate::error::{Fault, FaultKind};

/// The fields of a cache that a variable can set, as they stand at the end of its name.
pub(super) const FIELDS: [&str; 3] = ["TTL", "CAPACITY", "ENABLED"];

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

    pub(super) fn enabled(&self, faults: &mut Vec<Fault>) -> Option<bool> {
        self.read("CACHE_ENABLED", parse_bool, faults)
    }

    /// What the variables say about the cache `name`.
    pub(super) fn settings(&self, name: &str, faults: &mut Vec<Fault>) -> CacheSettings {
        CacheSettings {
            enabled: self.read(&variable(name, "ENABLED"), parse_bool, faults),
            ttl: self.read(&variable(name, "TTL"), parse_ttl, faults),
            capacity: self.read(&variable(name, "CAPACITY"), parse_capacity, faults),
            jitter: None,
        }
    }

    /// The value of `variable`, if it is set and right; empty counts as not set.
    fn read<T>(
        &self,
        variable: &str,
        parse: fn(&str) -> Result<T, String>,
        faults: &mut Vec<Fault>,
    ) -> Option<T> {
        let value = self.0.get(variable)?;
        let parsed = match value.to_str().map(str::trim) {
            Some("") => return None,
            Some(text) => parse(text),
            None => Err("it is not valid UTF-8".to_owned()),
        };
        parsed.map_err(|why| faults.push(invalid(variable, &why))).ok()
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
        Self(ours.filter(|(name, _)| name.starts_with("CACHE_")).collect())
    }
}

fn invalid(variable: &str, why: &str) -> Fault {
    Fault::new(FaultKind::InvalidSetting, format!("{variable}: {why}"))
}

fn parse_bool(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok(true),
        "false" | "0" | "off" | "no" => Ok(false),
        _ => Err(format!("{:?} is neither `true` nor `false`", excerpt(text))),
    }
}

fn parse_ttl(text: &str) -> Result<Ttl, String> {
    text.parse().map_err(|error: cache_syntax::DurationError| error.to_string())
}

fn parse_capacity(text: &str) -> Result<u64, String> {
    match text.replace('_', "").parse() {
        Ok(0) => {
            Err("a capacity of zero holds nothing; switch the cache off by its `…_ENABLED=false`".to_owned())
        }
        Ok(entries) => Ok(entries),
        Err(_) => Err(format!("{:?} is not a number of entries, such as `50000`", excerpt(text))),
    }
}
