//! The settings that code gives to a builder.

use std::collections::BTreeMap;

use cachery_syntax::shown_name;

use super::super::{
    fields::{CacheSettings, Field, ProgramSettings, RemoteSettings, Settings},
    layer::Layer,
    source::{Source, Sourced},
};
use crate::{
    error::Fault,
    remote::{PasswordProvider, PasswordSource, Target},
};

/// The settings that code gives to a builder.
#[derive(Clone, Debug, Default)]
pub(crate) struct BuilderSettings {
    pub(crate) program: ProgramSettings,
    pub(crate) all: CacheSettings,
    pub(crate) caches: BTreeMap<String, CacheSettings>,
    pub(crate) remote: RemoteSettings,
    /// The closure that is asked for the password of Redis.
    pub(crate) password: Option<PasswordProvider>,
    /// The path of the file, in place of `CACHE_CONFIG`.
    pub(crate) file: Option<String>,
    /// The profile, in place of `CACHE_ENV`.
    pub(crate) profile: Option<String>,
}

impl BuilderSettings {
    /// Adds settings for all caches. A field that was set before is set anew.
    pub(crate) fn add_for_all(&mut self, settings: CacheSettings) {
        self.all = settings.or(self.all);
    }

    /// Adds settings for the cache `name`. A field that was set before is set anew.
    pub(crate) fn add_for_cache(&mut self, name: String, settings: CacheSettings) {
        let all = self.caches.entry(name).or_default();
        *all = settings.or(*all);
    }

    /// Returns the target with the closure for its password, if there is one. It wins over a
    /// command.
    pub(crate) fn with_password(&self, target: Target) -> Target {
        match self.password.clone() {
            Some(provider) => {
                Target { password: Some(PasswordSource::Provider(provider)), ..target }
            }
            None => target,
        }
    }

    /// Returns the settings as a layer.
    pub(crate) fn layer(&self) -> Layer {
        let caches =
            self.caches.iter().map(|(name, settings)| (name.clone(), by_builder(settings)));
        Layer {
            program: by_builder(&self.program),
            all: by_builder(&self.all_valid()),
            caches: caches.collect(),
            remote: by_builder(&self.remote),
        }
    }

    /// Returns the settings for all caches, without the fields that can be set for one cache only.
    fn all_valid(&self) -> CacheSettings {
        let mut all = self.all;
        for_one_only().for_each(|field| (field.unset)(&mut all));
        all
    }

    /// Adds a fault for each wrong value, and for each cache that is not among `caches`.
    pub(crate) fn check(&self, caches: &[&str], faults: &mut Vec<Fault>) {
        let misplaced = for_one_only().filter(|field| (field.show)(&self.all).is_some());
        faults.extend(
            misplaced
                .map(|field| Source::Builder.refuses_for_all(field.name, "`.cache(name, ..)`")),
        );
        check(&self.program, "", faults);
        check(&self.all_valid(), " for all caches", faults);
        for (name, settings) in &self.caches {
            check(settings, &format!(" of the cache `{}`", shown_name(name)), faults);
            if !caches.contains(&name.as_str()) {
                faults.push(Source::Builder.unknown_cache(name, caches));
            }
        }
        check(&self.remote, "", faults);
    }
}

fn for_one_only() -> impl Iterator<Item = &'static Field<CacheSettings>> {
    CacheSettings::FIELDS.iter().filter(|field| !field.for_all)
}

/// Adds a fault for each wrong value of `settings`. `place` follows the name of its field.
fn check<S: Settings>(settings: &S, place: &str, faults: &mut Vec<Fault>) {
    let wrong =
        S::FIELDS.iter().filter_map(|field| Some((field.name, (field.check)(settings).err()?)));
    faults.extend(wrong.map(|(field, why)| {
        Fault::of_setting(&Source::Builder, &format!("`{field}`{place}: {why}"))
    }));
}

fn by_builder<S: Settings>(settings: &S) -> Vec<Sourced<S>> {
    vec![Sourced { source: Source::Builder, settings: settings.clone() }]
}
