//! Notes about caches that the bound of the bytes of all caches does not count.

use std::collections::BTreeSet;

use super::{super::merge::Layers, remote_target::listed};
use crate::site::Site;

/// Returns a note when `max_bytes` is set for all caches together, and the values of some of `sites`
/// have no known size.
pub(crate) fn check(layers: &Layers, sites: &[Site]) -> Option<String> {
    let bound = layers.program().find(|sourced| sourced.settings.max_bytes.is_some())?;
    let uncounted = sites.iter().filter(|site| !site.is_weighed());
    let names: BTreeSet<_> = uncounted.map(|site| format!("`{}`", site.name)).collect();
    let names: Vec<_> = names.into_iter().collect();
    (!names.is_empty()).then(|| {
        format!(
            "{}: the bytes of {} are not counted, because the size of their values is not known: write \
             `weigh = |value| ..` there, and bound them by `capacity` until then",
            bound.source,
            listed(&names)
        )
    })
}
