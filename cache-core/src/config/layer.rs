//! What one kind of source says: the builder, the variables, a profile, or the rest of a file.

use std::collections::BTreeMap;

use super::{
    field::Field,
    program::ProgramSettings,
    remote::RemoteLayer,
    settings::CacheSettings,
    source::{Said, Source},
};
use crate::{
    error::{Fault, FaultKind},
    site::Site,
};

/// One layer. Within it, what is said later is weaker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    pub(super) program: Vec<Said<ProgramSettings>>,
    pub(super) all: Vec<Said<CacheSettings>>,
    pub(super) caches: BTreeMap<String, Vec<Said<CacheSettings>>>,
    pub(super) remote: Vec<Said<RemoteLayer>>,
}

/// What code says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) program: ProgramSettings,
    pub(crate) all: CacheSettings,
    pub(crate) caches: BTreeMap<String, CacheSettings>,
    pub(crate) remote: RemoteLayer,
    /// The path of the file, in place of `CACHE_CONFIG`.
    pub(crate) file: Option<String>,
    /// In place of `CACHE_ENV`.
    pub(crate) profile: Option<String>,
}

impl Given {
    pub(super) fn layer(&self) -> Layer {
        let caches = self.caches.iter().map(|(name, said)| (name.clone(), by_builder(said)));
        Layer {
            program: by_builder(&self.program),
            // Every attribute states its ttl, so a value for all caches has nothing to say.
            all: by_builder(&CacheSettings { ttl: None, ..self.all }),
            caches: caches.collect(),
            remote: by_builder(&self.remote),
        }
    }

    /// Tells what the builder cannot say. `names` are those of all caches.
    pub(super) fn check(&self, names: &[&str], faults: &mut Vec<Fault>) {
        if self.all.ttl.is_some() {
            faults.push(ttl_for_all(&Source::Builder, "`.cache(name, ..)`"));
        }
        CacheSettings { ttl: None, ..self.all }.check("for all caches", faults);
        for (name, settings) in &self.caches {
            settings.check(&format!("for the cache `{}`", cachery_syntax::shown_name(name)), faults);
            if !names.contains(&name.as_str()) {
                faults.push(unknown_cache(&Source::Builder, name, names));
            }
        }
        self.remote.check(faults);
    }
}

fn by_builder<S: Clone>(settings: &S) -> Vec<Said<S>> {
    vec![Said { source: Source::Builder, settings: settings.clone() }]
}

impl<S> Said<S> {
    /// What `source` says by the value `text` of `field`; a fault if that is wrong.
    pub(super) fn of(source: Source, field: &Field<S>, text: &str, faults: &mut Vec<Fault>) -> Option<Self> {
        match (field.read)(text) {
            Ok(settings) => Some(Self { source, settings }),
            Err(why) => {
                faults.push(source.refuses(field.name, &why));
                None
            }
        }
    }
}

impl Source {
    /// The fault of a value that `field` cannot have. A variable's name tells which field it is.
    pub(super) fn refuses(&self, field: &str, why: &str) -> Fault {
        match self {
            Self::File(place) => Fault::of_setting(&format!("{place} {field}"), why),
            _ => Fault::of_setting(self, why),
        }
    }
}

/// `instead` is how one cache is told.
pub(super) fn ttl_for_all(source: &Source, instead: &str) -> Fault {
    let why =
        format!("a ttl for all caches has no effect, because every attribute states its own; use {instead}");
    source.refuses("ttl", &why)
}

pub(super) fn unknown_cache(source: &Source, name: &str, names: &[&str]) -> Fault {
    let hint = match cachery_syntax::nearest(name, names.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if names.is_empty() => "this program has none".to_owned(),
        None => format!("the caches of this program are {}", names.join(", ")),
    };
    let message = format!("{source}: there is no cache named `{}`: {hint}", cachery_syntax::shown_name(name));
    Fault::new(FaultKind::UnknownCache, message)
}

/// What the attribute of `site` says, or its declaration.
pub(super) fn of_attribute(site: &Site) -> Said<CacheSettings> {
    let settings = CacheSettings {
        ttl: Some(site.ttl.map_or(cachery_syntax::Ttl::Forever, cachery_syntax::Ttl::For)),
        capacity: site.capacity,
        backend: site.backend,
        ..CacheSettings::default()
    };
    let source = if site.declared { Source::Declaration } else { Source::Attribute };
    Said { source: source(site.place()), settings }
}
