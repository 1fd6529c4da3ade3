//! What one source says.

use std::collections::BTreeMap;

use super::{remote::RemoteLayer, settings::CacheSettings};
use crate::error::{BUILDER, Fault, FaultKind};

/// What the builder says, or what the variables say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    pub(crate) enabled: Option<bool>,
    pub(crate) all: CacheSettings,
    pub(crate) caches: BTreeMap<String, CacheSettings>,
    pub(crate) remote: RemoteLayer,
}

/// Who can say something about a cache.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    BuilderForCache,
    VariableForCache,
    Attribute,
    BuilderForAll,
    VariableForAll,
}

impl Layer {
    pub(super) fn of(&self, name: &str) -> CacheSettings {
        self.caches.get(name).copied().unwrap_or_default()
    }

    /// Every attribute states its ttl, so a value for all caches has nothing to say.
    pub(super) fn for_all(&self) -> CacheSettings {
        CacheSettings { ttl: None, ..self.all }
    }

    /// Tells what the builder cannot say. `names` are those of all caches.
    pub(super) fn check(&self, names: &[&str], faults: &mut Vec<Fault>) {
        if self.all.ttl.is_some() {
            let why = "a ttl for all caches has no effect, because every attribute states its own; use `.cache(name, ..)`";
            faults.push(Fault::of_setting(BUILDER, why));
        }
        self.for_all().check("for all caches", faults);
        for (name, settings) in &self.caches {
            settings.check(&format!("for the cache `{name}`"), faults);
            if !names.contains(&name.as_str()) {
                faults.push(unknown_cache(name, names));
            }
        }
        self.remote.check(faults);
    }
}

fn unknown_cache(name: &str, names: &[&str]) -> Fault {
    let hint = match cache_syntax::nearest(name, names.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("the caches of this program are {}", names.join(", ")),
    };
    Fault::new(FaultKind::UnknownCache, format!("{BUILDER}: there is no cache named `{name}`: {hint}"))
}
