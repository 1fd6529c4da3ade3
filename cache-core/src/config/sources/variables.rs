//! The variables of the environment: `CACHE_<NAME>_<FIELD>` for one cache, `CACHE_DEFAULT_<FIELD>`
//! for all caches, and the variables of the program and of Redis.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    fmt,
};

use cachery_syntax::Support;

use super::{
    super::{
        fields::{CacheSettings, Field, ProgramSettings, RemoteSettings, Settings},
        layer::Layer,
        source::{Source, Sourced},
    },
    file,
};
use crate::error::Fault;

mod foreign;

/// The variable that names the profile of the file.
pub(super) const PROFILE: &str = "CACHE_ENV";
/// The short spelling of [`DEFAULT_BACKEND`].
const TYPE: &str = "CACHE_TYPE";
const DEFAULT_BACKEND: &str = "CACHE_DEFAULT_BACKEND";

/// The name that stands for all caches in a variable. No cache can have it.
pub(crate) const FOR_ALL: &str = "default";

/// A variable without our prefix: platforms set it.
const PLATFORM_URL: &str = "REDIS_URL";

/// The variables of a database at Upstash: its URL, and the token that belongs to it.
const UPSTASH: [&str; 2] = ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"];

/// Names that are natural slips, each with the one that is meant.
const MEANT: [(&str, &str); 4] = [
    ("CACHE_BACKEND", TYPE),
    ("CACHE_PROFILE", PROFILE),
    ("CACHE_REDIS_PREFIX", "CACHE_PREFIX"),
    ("CACHE_URL", PLATFORM_URL),
];

/// Returns the variable that is meant by the unknown `name`, if it is a natural slip.
pub(crate) fn meant(name: &str) -> Option<&'static str> {
    MEANT.iter().find(|(slip, _)| *slip == name).map(|(_, meant)| *meant)
}

/// The variables that concern the caches, read once.
#[derive(Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, OsString>);

/// The variables that platforms and other frameworks set under names like ours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Foreign {
    /// The names of those that no setting has.
    pub(crate) names: Vec<String>,
    /// The name and the value of the one that names a backend of another framework.
    pub(crate) backend: Option<(&'static str, String)>,
}

impl Variables {
    /// Returns the variables of the process.
    pub(super) fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// Takes out what platforms and other frameworks have set.
    pub(super) fn take_foreign(&mut self, caches: &[&str]) -> Foreign {
        let known = known(caches);
        let is_foreign = |name: &str, value: &OsStr| {
            let is_ours = known.contains(name) || meant(name).is_some();
            is_set(value) && !is_ours && foreign::is_name(name, value, &known)
        };
        let foreign: BTreeSet<_> = self
            .0
            .iter()
            .filter(|(name, value)| is_foreign(name, value))
            .map(|(name, _)| name.clone())
            .collect();
        self.0.retain(|name, _| !foreign.contains(name));
        let backend = self.0.get(TYPE).and_then(|value| foreign::type_elsewhere(value));
        if backend.is_some() {
            self.0.remove(TYPE);
        }
        Foreign {
            names: foreign.into_iter().collect(),
            backend: backend.map(|value| (TYPE, value)),
        }
    }

    /// Returns the settings in the variables, also those of the caches called `caches`.
    pub(crate) fn layer(&self, caches: &[&str], faults: &mut Vec<Fault>) -> Layer {
        Layer {
            remote: self.remote(faults),
            program: self.fields(ProgramSettings::FIELDS, Field::variable, faults),
            all: self.all(faults),
            caches: caches
                .iter()
                .map(|name| ((*name).to_owned(), self.cache(name, faults)))
                .collect(),
        }
    }

    fn cache(&self, name: &str, faults: &mut Vec<Fault>) -> Vec<Sourced<CacheSettings>> {
        self.fields(CacheSettings::FIELDS, |field| field.variable_of(name), faults)
    }

    fn all(&self, faults: &mut Vec<Fault>) -> Vec<Sourced<CacheSettings>> {
        let mut all = Vec::new();
        for field in CacheSettings::FIELDS {
            let variable = field.variable_of(FOR_ALL);
            if field.for_all {
                all.extend(self.field(field, &variable, faults));
            } else if self.text(&variable, faults).is_some() {
                let instead = format!("`CACHE_<NAME>_{}`", field.name.to_ascii_uppercase());
                faults.push(Source::Variable(variable).refuses_for_all(field.name, &instead));
            }
        }
        self.add_short_backend(&mut all, faults);
        all
    }

    /// Adds the backend by the short one of its two names.
    fn add_short_backend(&self, all: &mut Vec<Sourced<CacheSettings>>, faults: &mut Vec<Fault>) {
        let field = CacheSettings::FIELDS.iter().find(|field| field.name == "backend");
        let Some(short) = field.and_then(|field| self.field(field, TYPE, faults)) else { return };
        let long = all.iter().position(|sourced| sourced.settings.backend.is_some());
        let long = long.map(|index| all.remove(index).settings.backend);
        match (short.settings.backend, long.flatten()) {
            (Some(short), Some(long)) if short != long => {
                let why = format!(
                    "it says `{short}` and {DEFAULT_BACKEND} says `{long}`, for one setting; keep one of them"
                );
                faults.push(Fault::of_setting(&TYPE, &why));
            }
            _ => all.push(short),
        }
    }

    fn remote(&self, faults: &mut Vec<Fault>) -> Vec<Sourced<RemoteSettings>> {
        let mut remote = self.fields(RemoteSettings::FIELDS, Field::variable, faults);
        let url = RemoteSettings::FIELDS.iter().find(|field| field.name == "url");
        remote.extend(url.and_then(|url| self.field(url, PLATFORM_URL, faults)));
        remote.extend(url.and_then(|url| self.upstash(url, faults)));
        remote
    }

    /// Returns the URL of a database at Upstash, with its token.
    fn upstash(
        &self,
        field: &Field<RemoteSettings>,
        faults: &mut Vec<Fault>,
    ) -> Option<Sourced<RemoteSettings>> {
        let [url, token] = UPSTASH;
        let token = self.text(token, faults);
        let text = self.text(url, faults)?;
        let text = match (text.split_once("://"), token) {
            (Some((scheme, host)), Some(token)) if !host.contains('@') => {
                format!("{scheme}://:{}@{host}", percent_encoded(token))
            }
            _ => text.to_owned(),
        };
        Sourced::read(Source::Variable(url.to_owned()), field, &text, faults)
    }

    fn fields<S: Settings>(
        &self,
        fields: &[Field<S>],
        variable: impl Fn(&Field<S>) -> String,
        faults: &mut Vec<Fault>,
    ) -> Vec<Sourced<S>> {
        fields.iter().filter_map(|field| self.field(field, &variable(field), faults)).collect()
    }

    /// Returns the value of `variable` for `field`, if it is set and valid.
    fn field<S: Settings>(
        &self,
        field: &Field<S>,
        variable: &str,
        faults: &mut Vec<Fault>,
    ) -> Option<Sourced<S>> {
        let text = self.text(variable, faults)?;
        Sourced::read(Source::Variable(variable.to_owned()), field, text, faults)
    }

    /// Returns the value of `variable`, if it is set and a text.
    pub(super) fn text(&self, variable: &str, faults: &mut Vec<Fault>) -> Option<&str> {
        let value = self.0.get(variable).filter(|value| is_set(value))?;
        if value.to_str().is_none() {
            faults
                .push(Fault::of_setting(&variable, "it is not valid UTF-8: set it again, as text"));
        }
        value.to_str().map(str::trim)
    }

    /// Returns the names of the variables that are set and unknown, and all names that are known.
    pub(crate) fn unknown(&self, caches: &[&str]) -> (Vec<&str>, BTreeSet<String>) {
        let known = known(caches);
        let set = self.0.iter().filter(|(_, value)| is_set(value)).map(|(name, _)| name.as_str());
        (set.filter(|name| !known.contains(*name)).collect(), known)
    }
}

/// Returns a text as it may stand in a URL.
fn percent_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

/// Returns the names of all variables that can be set in a program with these `caches`.
pub(crate) fn known(caches: &[&str]) -> BTreeSet<String> {
    let single = [file::VARIABLE, PROFILE, TYPE, PLATFORM_URL].map(str::to_owned);
    let single = single.into_iter().chain(UPSTASH.map(str::to_owned));
    let of_cache = |name| CacheSettings::FIELDS.iter().map(move |field| field.variable_of(name));
    let of_caches = caches.iter().copied().chain([FOR_ALL]).flat_map(of_cache);
    let of_program = ProgramSettings::FIELDS.iter().map(Field::variable);
    let of_remote = RemoteSettings::FIELDS.iter().map(Field::variable);
    single.chain(of_program).chain(of_remote).chain(of_caches).collect()
}

/// Returns the one of `caches`, or [`FOR_ALL`], of which `variable` names a field, and the field,
/// known or not.
pub(crate) fn owner<'a>(variable: &str, caches: &[&'a str]) -> Option<(&'a str, String)> {
    let rest = variable.strip_prefix("CACHE_")?;
    let field_of = |cache: &'a str| {
        let field = rest.strip_prefix(&*cachery_syntax::variable_stem(cache))?.strip_prefix('_')?;
        Some((cache, field.to_ascii_lowercase()))
    };
    // Of `orders` and `orders-open` it is the longer.
    let owners = caches.iter().copied().chain([FOR_ALL]).filter_map(field_of);
    owners.max_by_key(|(cache, _)| cache.len())
}

/// Returns the parts of `CACHE_<NAME>_<FIELD>`, the name in lower case: a variable does not tell `-`
/// from `_`.
pub(crate) fn name_and_field(variable: &str) -> Option<(String, &'static str)> {
    let rest = variable.strip_prefix("CACHE_")?.to_ascii_lowercase();
    let fields = cachery_syntax::Field::ALL.into_iter();
    let fields = fields.filter(|field| field.variable != Support::Never);
    let parts = fields.filter_map(|field| {
        let name = rest.strip_suffix(field.name)?.strip_suffix('_')?;
        Some((name.to_owned(), field.name))
    });
    parts.min_by_key(|(name, _)| name.len())
}

/// Tells whether a variable counts as set: an empty one does not.
fn is_set(value: &OsStr) -> bool {
    value.to_str().is_none_or(|text| !text.trim().is_empty())
}

/// Shows the names, sorted, and never a value: one may be private.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl FromIterator<(OsString, OsString)> for Variables {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        let named = variables
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let is_ours = |name: &str| {
            name.starts_with("CACHE_") || name == PLATFORM_URL || UPSTASH.contains(&name)
        };
        Self(named.filter(|(name, _)| is_ours(name)).collect())
    }
}
