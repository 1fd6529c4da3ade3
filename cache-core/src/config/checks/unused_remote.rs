//! Notes about a remote store that is set and that no cache uses.

use super::super::merge::Layers;
use crate::site::Site;

/// Returns a note when a URL is set, no cache of `sites` uses it, and one of them is in memory only
/// because no source says where it is kept.
pub(crate) fn check(layers: &Layers, sites: &[Site]) -> Option<String> {
    let source = layers.source_of_remote(|settings| settings.url.is_some())?;
    let backends: Vec<_> =
        sites.iter().filter(|site| !site.local).map(|site| layers.backend(site)).collect();
    let is_used = backends.iter().flatten().any(|(_, backend)| backend.is_remote());
    let is_open = backends.iter().any(Option::is_none);
    (is_open && !is_used).then(|| {
        format!(
            "{source}: a Redis is set, and no cache uses it: all caches are in memory; set CACHE_TYPE=redis or \
             CACHE_TYPE=tiered to use it, or CACHE_TYPE=memory to leave out this note"
        )
    })
}
