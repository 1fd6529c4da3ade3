//! Bounds of bytes for caches that cannot weigh their values.

use super::super::merge::Layers;
use crate::{error::Fault, site::Site};

/// Returns a fault for each source that sets `max_bytes` for a cache by name, of which a function
/// has values without a known size. A value for all caches passes over such functions.
pub(crate) fn check(layers: &Layers, sites: &[Site]) -> Vec<Fault> {
    let unweighed = sites.iter().filter(|site| !site.is_weighed());
    let faults = unweighed.flat_map(|site| {
        let own = layers.cache(site.name);
        let bounding = own.filter(|sourced| sourced.settings.max_bytes.is_some());
        bounding.map(move |sourced| {
            let why = format!(
                "the values of `{}` ({}) have no known size: write `weigh = |value| ..` there, or \
                 bound the cache by `capacity`",
                site.function,
                site.place()
            );
            sourced.source.refuses("max_bytes", &why)
        })
    });
    faults.collect()
}
