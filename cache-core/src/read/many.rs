//! The companions for several items: what each does is one request to each server.

use std::{collections::HashSet, iter, sync::Arc};

use super::{
    fill::Landing,
    invalidate::{Target, invalidate_all},
    keyed::{Keyed, Tagged},
    miss::Putting,
    together::Together,
};
use crate::{
    cache::Cache, entry::Entry, invalidation::Invalidation, key::StoredKey, registry::CacheHandle,
    tag::Tags,
};

/// A key, with or without the tags of its entry.
pub trait KeyAndTags<R, V, E> {
    /// Returns the key, and the tags where there are some.
    fn key_and_tags(self) -> (Keyed<R, V, E>, Option<Tags>);
}

impl<R, V, E> KeyAndTags<R, V, E> for Keyed<R, V, E> {
    fn key_and_tags(self) -> (Self, Option<Tags>) {
        (self, None)
    }
}

impl<R, V, E> KeyAndTags<R, V, E> for Tagged<R, V, E> {
    fn key_and_tags(self) -> (Keyed<R, V, E>, Option<Tags>) {
        (self.keyed, Some(self.tags))
    }
}

type Key<R, V, E> = (Keyed<R, V, E>, Option<Tags>);

/// Returns the stored value of each key, fresh or stale, in their order.
pub async fn peek_many<R, V, E, K: KeyAndTags<R, V, E>>(keys: Vec<K>) -> Vec<Option<V>> {
    find(keys.into_iter().map(K::key_and_tags).collect(), Look::Peek).await
}

/// Returns the values as [`peek_many`] does, and counts hits and misses.
pub(super) async fn get_many<R, V, E>(keys: Vec<Keyed<R, V, E>>) -> Vec<Option<V>> {
    find(keys.into_iter().map(|keyed| (keyed, None)).collect(), Look::Get).await
}

/// The way to look for values.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    Peek,
    /// As `peek`, and counted.
    Get,
}

async fn find<R, V, E>(keys: Vec<Key<R, V, E>>, look: Look) -> Vec<Option<V>> {
    let enabled = keys.first().and_then(|(keyed, _)| keyed.enabled_cache());
    let Some(cache) = enabled else { return iter::repeat_with(|| None).take(keys.len()).collect() };
    if look == Look::Get {
        cache.counters.batches.add(1);
        cache.counters.asked.add(keys.len() as u64);
        cache.batch_sizes.record(cache.site.name, keys.len());
    }
    let mut found: Vec<Option<V>> = Vec::with_capacity(keys.len());
    let mut ways = Together::of(&cache);
    let mut places = Vec::new();
    for (place, (keyed, tags)) in keys.iter().enumerate() {
        let value = match look {
            Look::Get => cache.hit_value(&keyed.key, keyed.value.open),
            Look::Peek => in_memory(&cache, keyed),
        };
        if value.is_none() {
            let miss = keyed.miss(Arc::clone(&cache)).tagged(tags.as_ref());
            let miss = miss.together(ways.combined());
            places.push(place);
            ways.add(match look {
                Look::Get => Box::pin(miss.get()),
                Look::Peek => Box::pin(miss.peek()),
            });
        }
        found.push(value);
    }
    ways.finish(|number, entry: Option<Entry>| {
        let place = places[number];
        found[place] = entry.and_then(|entry| (keys[place].0.value.open)(&entry));
    })
    .await;
    if look == Look::Get {
        cache.counters.batch_hits.add(found.iter().flatten().count() as u64);
    }
    found
}

/// Returns the value that memory has, if it is fresh or stale.
fn in_memory<R, V, E>(cache: &Cache, keyed: &Keyed<R, V, E>) -> Option<V> {
    let entry = cache.at_hand(&keyed.key)?;
    if entry.serves_at_once(cache.clock.now()) { (keyed.value.open)(&entry) } else { None }
}

/// Stores each value for its key.
pub async fn put_many<R, V, E, K: KeyAndTags<R, V, E>>(entries: Vec<(K, V)>) {
    let entries: Vec<(Key<R, V, E>, V)> =
        entries.into_iter().map(|(key, value)| (key.key_and_tags(), value)).collect();
    let Some(((first, _), _)) = entries.first() else { return };
    let Some(cache) = first.enabled_cache() else {
        // Nothing is stored, and what is stored is older.
        invalidate_all(entries.into_iter().map(|((keyed, _), _)| keyed.target())).await;
        return;
    };
    let entries = last_of_each_key(entries);
    let mut permits = Together::of(&cache);
    for ((keyed, tags), _) in &entries {
        let miss = keyed.miss(Arc::clone(&cache)).tagged(tags.as_ref());
        permits.add(Box::pin(miss.together(permits.combined()).begin_put_of_many()));
    }
    let mut fills = Together::of(&cache);
    let mut places = Vec::new();
    let mut granted = Vec::new();
    permits.finish(|place, putting: Option<Putting>| granted.push((place, putting))).await;
    for (place, putting) in granted {
        let Some(putting) = putting else { continue };
        let ((keyed, _), value) = &entries[place];
        let ops = keyed.value;
        let filling = putting.together(fills.combined()).fill(
            |of_value| ops.judge(value, of_value),
            |codec, size| ops.encode(value, codec, size),
        );
        places.push(place);
        fills.add(Box::pin(filling));
    }
    fills
        .finish(|number, landing: Landing| {
            let ((keyed, _), value) = &entries[places[number]];
            landing.land(|key, facts| keyed.value.wrap(key, value, facts));
        })
        .await;
}

/// Returns the entries of which no later one has the same key.
fn last_of_each_key<R, V, E>(entries: Vec<(Key<R, V, E>, V)>) -> Vec<(Key<R, V, E>, V)> {
    let mut later = HashSet::new();
    let key = |((keyed, _), _): &(Key<R, V, E>, V)| StoredKey::from(&*keyed.key);
    let last = entries.into_iter().rev().filter(|entry| later.insert(key(entry)));
    let mut last: Vec<_> = last.collect();
    last.reverse();
    last
}

/// Invalidates each key of a cache, and returns the least reach of all.
pub async fn invalidate_many<R, V, E, K: KeyAndTags<R, V, E>>(
    cache: CacheHandle,
    keys: Vec<K>,
) -> Invalidation {
    let target = |key: K| key.key_and_tags().0.target();
    invalidate_targets(&cache, keys.into_iter().map(target).collect()).await
}

/// Invalidates targets in one cache, and returns the least reach of all.
pub(super) async fn invalidate_targets(cache: &CacheHandle, targets: Vec<Target>) -> Invalidation {
    let none = if cache.policy().backend.is_remote() {
        Invalidation::Everywhere
    } else {
        Invalidation::Local
    };
    invalidate_all(targets).await.unwrap_or(none)
}
