//! The settings that an attribute or a declaration states.

use cachery_syntax::{Period, Ttl};

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
        stale: site.stale.map(Period::of),
        stale_if_error: site.stale_if_error.map(Period::of),
        retry_after: site.retry_after,
        refresh: site.refresh,
        none_ttl: site.none_ttl.map(Period::of),
        err_ttl: site.err_ttl.map(Period::of),
        memory_ttl: site.memory_ttl.map(Period::of),
        load_timeout: site.load_timeout.map(Period::of),
        soft_timeout: site.soft_timeout.map(Period::of),
        budget: site.budget,
        ..CacheSettings::UNSET
    };
    let source = if site.declared { Source::Declaration } else { Source::Attribute };
    Sourced { source: source(site.place()), settings }
}
