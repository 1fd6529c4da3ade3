//! The grammar of the environment: `CACHE_<NAME>_<FIELD>` for each cache, `CACHE_DEFAULT_<FIELD>` for all, and the names that stand
//! for themselves.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    fmt,
};

use super::{
    field::Field,
    fields::{CACHE, PROGRAM, REMOTE},
    layer::{Layer, ttl_for_all},
    settings::CacheSettings,
    source::{Said, Source},
};
use crate::error::Fault;

/// Where the file is.
pub(super) const FILE: &str = "CACHE_CONFIG";
/// Which of its profiles stands.
pub(super) const PROFILE: &str = "CACHE_ENV";
/// The short spelling of [`DEFAULT_BACKEND`].
const TYPE: &str = "CACHE_TYPE";
const DEFAULT_BACKEND: &str = "CACHE_DEFAULT_BACKEND";

/// How names of fields for all caches begin; no cache is called so.
pub(super) const FOR_ALL: &str = "default";

/// The one variable that is not named after us: platforms set it.
const FOREIGN_URL: &str = "REDIS_URL";

/// The variables that may concern us, read once.
#[derive(Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, OsString>);

impl Variables {
    /// The process environment.
    pub(crate) fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// What the variables say, also about the caches called `names`.
    pub(super) fn layer(&self, names: &[&str], faults: &mut Vec<Fault>) -> Layer {
        let mut remote = self.fields(&REMOTE, Field::variable, faults);
        remote.extend(self.field(&REMOTE[0], FOREIGN_URL, faults));
        Layer {
            program: self.fields(&PROGRAM, Field::variable, faults),
            all: self.all(faults),
            caches: names.iter().map(|name| ((*name).to_owned(), self.of_cache(name, faults))).collect(),
            remote,
        }
    }

    /// What they say about the cache `name`.
    fn of_cache(&self, name: &str, faults: &mut Vec<Fault>) -> Vec<Said<CacheSettings>> {
        self.fields(&CACHE, |field| field.variable_of(name), faults)
    }

    /// What they say about all caches.
    fn all(&self, faults: &mut Vec<Fault>) -> Vec<Said<CacheSettings>> {
        let mut said = self.of_cache(FOR_ALL, faults);
        said.retain(|said| {
            let is_ttl = said.settings.ttl.is_some();
            faults.extend(is_ttl.then(|| ttl_for_all(&said.source, "`CACHE_<NAME>_TTL`")));
            !is_ttl
        });
        self.short_backend(&mut said, faults);
        said
    }

    /// The backend for all caches has two names.
    fn short_backend(&self, said: &mut Vec<Said<CacheSettings>>, faults: &mut Vec<Fault>) {
        let field = CACHE.iter().find(|field| field.name == "backend");
        let Some(short) = field.and_then(|field| self.field(field, TYPE, faults)) else { return };
        let long = said.iter().position(|said| said.settings.backend.is_some());
        let long = long.map(|index| said.remove(index).settings.backend);
        match (short.settings.backend, long.flatten()) {
            (Some(short), Some(long)) if short != long => {
                let why = format!(
                    "it says `{short}` and {DEFAULT_BACKEND} says `{long}`, for one setting; keep one of them"
                );
                faults.push(Fault::of_setting(&TYPE, &why));
            }
            _ => said.push(short),
        }
    }

    fn fields<S>(
        &self,
        fields: &[Field<S>],
        variable: impl Fn(&Field<S>) -> String,
        faults: &mut Vec<Fault>,
    ) -> Vec<Said<S>> {
        fields.iter().filter_map(|field| self.field(field, &variable(field), faults)).collect()
    }

    /// What `variable` says of `field`, if it is set and right.
    fn field<S>(&self, field: &Field<S>, variable: &str, faults: &mut Vec<Fault>) -> Option<Said<S>> {
        let text = self.text(variable, faults)?;
        Said::of(Source::Variable(variable.to_owned()), field, text, faults)
    }

    /// The value of `variable`, if it is set and a text.
    pub(super) fn text(&self, variable: &str, faults: &mut Vec<Fault>) -> Option<&str> {
        let value = self.0.get(variable).filter(|value| says_something(value))?;
        if value.to_str().is_none() {
            faults.push(Fault::of_setting(&variable, "it is not valid UTF-8: set it again, as text"));
        }
        value.to_str().map(str::trim)
    }

    /// The names of those that are set and that neither stand for themselves nor for one of the caches called `caches`, and
    /// the names that are known.
    pub(super) fn unknown(&self, caches: &[&str]) -> (Vec<&str>, BTreeSet<String>) {
        let known = known(caches);
        let set = self.0.iter().filter(|(_, value)| says_something(value)).map(|(name, _)| name.as_str());
        (set.filter(|name| !known.contains(*name)).collect(), known)
    }
}

/// All names that can be set, with these `caches`.
pub(super) fn known(caches: &[&str]) -> BTreeSet<String> {
    let themselves = [FILE, PROFILE, TYPE, FOREIGN_URL].map(str::to_owned);
    let of_cache = |name| CACHE.iter().map(move |field| field.variable_of(name));
    let names = caches.iter().copied().chain([FOR_ALL]).flat_map(of_cache);
    let fields = PROGRAM.iter().map(Field::variable).chain(REMOTE.iter().map(Field::variable));
    themselves.into_iter().chain(fields).chain(names).collect()
}

/// The one of `caches`, or [`FOR_ALL`], whose field `variable` names, known or not.
pub(super) fn owner<'a>(variable: &str, caches: &[&'a str]) -> Option<&'a str> {
    let rest = variable.strip_prefix("CACHE_")?;
    let names = |cache: &&str| {
        rest.strip_prefix(&*cachery_syntax::variable_stem(cache)).is_some_and(|rest| rest.starts_with('_'))
    };
    // Of `orders` and `orders-open` it is the longer.
    caches.iter().copied().chain([FOR_ALL]).filter(names).max_by_key(|cache| cache.len())
}

/// Empty counts as not set.
fn says_something(value: &OsStr) -> bool {
    value.to_str().is_none_or(|text| !text.trim().is_empty())
}

/// The names, sorted, and never a value: one may be private.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl FromIterator<(OsString, OsString)> for Variables {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        let ours = variables.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(ours.filter(|(name, _)| name.starts_with("CACHE_") || name == FOREIGN_URL).collect())
    }
}
