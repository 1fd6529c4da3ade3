//! The settings that an attribute or a declaration states.

use cachery_syntax::Ttl;

use super::super::{
    fields::CacheSettings,
    source::{Source, Sourced},
};
use crate::site::Site;

/// Returns the settings in the attribute of `site`, or in its declaration.
pub(crate) fn settings(site: &Site) -> Sourced<CacheSettings> {
    let settings = CacheSettings {
        ttl: Some(site.ttl.map_or(Ttl::Forever, Ttl::For)),
        capacity: site.capacity,
        backend: site.backend,
        engine: site.engine,
        eviction: site.eviction,
        max_bytes: site.max_bytes,
        ..CacheSettings::UNSET
    };
    let source = if site.declared { Source::Declaration } else { Source::Attribute };
    Sourced { source: source(site.place()), settings }
}
