//! Ending the values of keys of one cache, and of several targets by one request: the hard form, an
//! invalidation, and the soft one, by which they expire.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use crate::{
    cache::{Cache, Remote},
    ending::Ending,
    invalidation::Invalidation,
    key::Key,
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
pub struct Target {
    scope: Scope,
    ending: Ending,
}

/// The values that a target ends.
#[derive(Debug)]
enum Scope {
    /// That of one key of a call site.
    Key(&'static Site, Key),
    /// All of a cache.
    All(CacheHandle),
    /// All with one value of a tag.
    Tag(Named),
}

impl Target {
    /// Returns one key of a call site as a target.
    #[doc(hidden)]
    pub fn key(site: &'static Site, key: Key) -> Self {
        Self { scope: Scope::Key(site, key), ending: Ending::Invalid }
    }

    pub(crate) fn all(cache: CacheHandle) -> Self {
        Self { scope: Scope::All(cache), ending: Ending::Invalid }
    }

    pub(super) fn tag(named: Named) -> Self {
        Self { scope: Scope::Tag(named), ending: Ending::Invalid }
    }

    /// Returns the soft form of the target: applied, it lets values expire, as a companion `expire`
    /// does, and does not invalidate them.
    ///
    /// ```
    /// use cachery::{Invalidations, cached};
    ///
    /// #[cached(ttl = "10m")]
    /// async fn stock(article: u64) -> u32 {
    ///     10
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let after_commit = Invalidations::from_iter([stock::target(7).expiring()]);
    /// stock(7).await;
    /// after_commit.apply().await;
    /// assert_eq!(stock::peek(7).await, None);
    /// # }
    /// ```
    pub fn expiring(self) -> Self {
        Self { ending: Ending::Expired, ..self }
    }
}

/// The keys of caches that end in one way.
type Keys = Vec<(Arc<Cache>, Ending, Vec<Key>)>;

/// The ends of values that are on their way.
type Running = Vec<Pin<Box<dyn Future<Output = Invalidation> + Send>>>;

/// Ends the values of `keys` of `cache`, on all nodes where it is shared: in one request.
///
/// Dropping the future is safe: this process no longer serves the old values, and the request to
/// the remote tier is made in the background.
pub(super) async fn end_keys(cache: &Cache, keys: &[Key], ending: Ending) -> Invalidation {
    cache.counters.invalidated_keys.add(keys.len() as u64);
    let end_all = || keys.iter().for_each(|key| cache.end_key(key, ending));
    end_all();
    let Some(shared) = &cache.shared else { return Invalidation::Local };
    let remote: Vec<_> = keys.iter().map(|key| shared.key(key)).collect();
    if !shared.tiered && ending == Ending::Invalid {
        // Memory, which does not answer for them, shows nobody that they are gone.
        let groups = remote.iter().map(|key| cache.generations.group(&key.digest));
        groups.for_each(|group| cache.generations.end(group, ending));
    }
    // Once more, also when the caller goes away: a call in between may have read a value from the
    // server before it had ended there.
    let _again = scopeguard::guard((), |()| end_all());
    let Remote { tier, deadline, .. } = &shared.remote;
    Invalidation::of(tier.invalidate(&remote, ending, *deadline).await)
}

/// Applies all targets side by side: none waits for another's reply, and the keys of one cache are
/// one request. Returns the least reach of all; `None` without targets.
pub async fn invalidate_all(targets: impl IntoIterator<Item = Target>) -> Option<Invalidation> {
    let mut keys = Keys::new();
    let mut tags = [(Ending::Invalid, Vec::new()), (Ending::Expired, Vec::new())];
    let mut running = Running::new();
    for Target { scope, ending } in targets {
        match scope {
            Scope::Key(site, key) => add(&mut keys, site, key, ending),
            Scope::Tag(named) => {
                let of_ending = tags.iter_mut().filter(|(of, _)| *of == ending);
                of_ending.for_each(|(_, tags)| tags.push(named.clone()));
            }
            Scope::All(cache) => running.push(Box::pin(async move { cache.end_all(ending).await })),
        }
    }
    for (cache, ending, keys) in keys {
        running.push(Box::pin(async move { end_keys(&cache, &keys, ending).await }));
    }
    for (ending, tags) in tags.into_iter().filter(|(_, tags)| !tags.is_empty()) {
        running.push(Box::pin(async move { Caches::current().end_tags(&tags, ending).await }));
    }
    least_reach(running).await
}

/// Adds `key` to those of its cache.
fn add(keys: &mut Keys, site: &'static Site, key: Key, ending: Ending) {
    let is_of = |cache: &Cache, of: Ending| std::ptr::eq(cache.site, site) && of == ending;
    // Few caches, many keys; those of one cache mostly come together.
    match keys.iter_mut().rev().find(|(cache, of, _)| is_of(cache, *of)) {
        Some((_, _, keys)) => keys.push(key),
        None => keys.push((Caches::cache_of(site), ending, vec![key])),
    }
}

async fn least_reach(mut running: Running) -> Option<Invalidation> {
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
