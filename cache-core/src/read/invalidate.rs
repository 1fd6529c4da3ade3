//! Invalidating keys of one cache, and several targets by one request.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use crate::{
    cache::Cache,
    invalidation::Invalidation,
    key::{Key, StoredKey},
    registry::{CacheHandle, Caches},
    site::Site,
    tag::Named,
};

/// The target of an invalidation that is made later, by [`Invalidations`](super::Invalidations).
///
/// A function's companion `target` returns one, and so does the `target` of a declared cache and of
/// a [`CacheHandle`].
///
/// ```
/// use cachery::{Invalidations, cached};
///
/// #[cached(ttl = "10m")]
/// async fn name(id: u64) -> String {
///     format!("user {id}")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let target = name::target(7);
/// name(7).await;
/// Invalidations::from_iter([target]).apply().await;
/// assert_eq!(name::peek(7).await, None);
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is invalidated until `Invalidations::apply`"]
#[non_exhaustive]
pub enum Target {
    /// One key of a call site.
    #[doc(hidden)]
    Key(&'static Site, Key),
    /// All entries of a cache.
    #[doc(hidden)]
    All(CacheHandle),
    /// All entries with one value of a tag.
    #[doc(hidden)]
    Tag(Named),
}

/// Invalidates `keys` of `cache`, on all nodes where it is shared: in one request.
///
/// Dropping the future is safe: this process no longer serves the old values, and the request to
/// the remote tier is made in the background.
pub(super) async fn invalidate_keys(cache: &Cache, keys: &[Key]) -> Invalidation {
    cache.counters.invalidated_keys.add(keys.len() as u64);
    let stored: Vec<_> = keys.iter().map(StoredKey::from).collect();
    let drop_all = || stored.iter().for_each(|key| cache.drop_key(key));
    drop_all();
    let Some(shared) = &cache.shared else { return Invalidation::Local };
    let remote: Vec<_> = keys.iter().map(|key| shared.key(key)).collect();
    if !shared.tiered {
        // Memory, which does not answer for them, shows nobody that they are gone.
        let groups = remote.iter().map(|key| cache.generations.group(&key.digest));
        groups.for_each(|group| cache.generations.end(group));
    }
    // Once more, also when the caller goes away: a call in between may have read a value from the
    // server before it was gone there.
    let _again = scopeguard::guard((), |()| drop_all());
    Invalidation::of(shared.remote.tier.invalidate(&remote, shared.remote.deadline).await)
}

/// Invalidates all targets side by side: none waits for another's reply, and the keys of one cache
/// are one request. Returns the least reach of all; `None` without targets.
pub async fn invalidate_all(targets: impl IntoIterator<Item = Target>) -> Option<Invalidation> {
    let mut keys = Vec::<(Arc<Cache>, Vec<Key>)>::new();
    let mut tags = Vec::<Named>::new();
    let mut running = Vec::<Pin<Box<dyn Future<Output = Invalidation> + Send>>>::new();
    for target in targets {
        match target {
            Target::Key(site, key) => add(&mut keys, site, key),
            Target::Tag(named) => tags.push(named),
            Target::All(cache) => running.push(Box::pin(async move { cache.clear().await })),
        }
    }
    for (cache, keys) in keys {
        running.push(Box::pin(async move { invalidate_keys(&cache, &keys).await }));
    }
    if !tags.is_empty() {
        running.push(Box::pin(async move { Caches::current().invalidate_tags(&tags).await }));
    }
    least_reach(running).await
}

/// Adds `key` to those of its cache.
fn add(keys: &mut Vec<(Arc<Cache>, Vec<Key>)>, site: &'static Site, key: Key) {
    // Few caches, many keys; those of one cache mostly come together.
    match keys.iter_mut().rev().find(|(cache, _)| std::ptr::eq(cache.site, site)) {
        Some((_, keys)) => keys.push(key),
        None => keys.push((Caches::cache_of(site), vec![key])),
    }
}

async fn least_reach(
    mut running: Vec<Pin<Box<dyn Future<Output = Invalidation> + Send>>>,
) -> Option<Invalidation> {
    let mut least: Option<Invalidation> = None;
    poll_fn(|cx| {
        running.retain_mut(|one| match one.as_mut().poll(cx) {
            Poll::Ready(reach) => {
                least = Some(least.map_or(reach, |least| least.and(reach)));
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    least
}
