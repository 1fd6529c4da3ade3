//! The reads of a miss.

use std::{sync::Arc, time::Instant};

use tracing::{Instrument as _, warn};

use super::{LastRead, RemotePart, Snapshot, limited, out_of_reach, shared, tier};
use crate::{
    cache::Cache,
    clock::Moment,
    codec::Undecodable,
    entry::{Entry, Facts},
    key::{Key, StoredKey},
    memory::Lookup,
    observe,
    remote::{IfStored, Incoming, Reason, Seen, StoredValue},
    tag::TagSet,
    timeline::{Age, Timeline},
};

impl RemotePart {
    /// Reads the stored value, whatever its age. A tiered cache keeps it in memory, unless memory
    /// has one that is as good.
    pub(in crate::read) async fn read(&mut self, cache: &Cache, key: &Key) -> Option<Entry> {
        let lookup = cache.lookup(key);
        let snapshot = self.snapshot(cache);
        let drawn = self.tags.as_ref().map(|tags| cache.tags.draw(tags));
        let span = observe::get_span(cache.site.name);
        let tier = tier(cache);
        let tags = self.tags.as_deref().unwrap_or_default();
        let read = self.budget.spend(snapshot.at, |left| self.ask_for_value(tier, tags, left));
        let reply = read.instrument(span.clone()).await;
        let now = cache.clock.now();
        let entry = match self.seen(cache, reply, snapshot) {
            Some(incoming) if incoming.tags.is_empty() => {
                self.open(cache, key, &incoming, snapshot.generation, None, now)
            }
            // Not part of the future of every read.
            Some(incoming) => {
                Box::pin(self.open_tagged(cache, key, incoming, snapshot, drawn)).await
            }
            None => None,
        };
        if let Some(entry) = &entry
            && (entry.is_settled(now) || is_later(cache, entry, cache.at_hand(key)))
        {
            admit(cache, &lookup, entry);
        }
        observe::record_hit(&span, entry.is_some());
        entry
    }

    pub(super) fn snapshot(&self, cache: &Cache) -> Snapshot {
        Snapshot { at: Instant::now(), generation: cache.generations.of(self.group) }
    }

    /// Returns the value that a read has shown, and keeps the state beside it.
    fn seen(
        &mut self,
        cache: &Cache,
        reply: Result<Seen, Reason>,
        snapshot: Snapshot,
    ) -> Option<Incoming> {
        self.last_read = None;
        self.refusal = reply.as_ref().err().copied();
        let Seen { stored, mark, tags } =
            reply.inspect_err(|reason| out_of_reach(cache, *reason)).ok()?;
        let if_stored = match &stored {
            StoredValue::Absent => IfStored::ReturnIt,
            StoredValue::Present(incoming) => IfStored::ReturnAnother(incoming.written),
            StoredValue::Corrupt => IfStored::LoadAnyway,
        };
        self.last_read = Some(LastRead { mark, snapshot, if_stored });
        self.seen_tags = tags;
        match stored {
            StoredValue::Present(incoming) => Some(incoming),
            StoredValue::Absent => None,
            StoredValue::Corrupt => {
                cache.counters.corrupt.add(1);
                None
            }
        }
    }

    /// Returns the entry of a stored value, if its tags stand: `drawn` are those that the call names,
    /// from before the read. Where the value has others, they are asked for.
    async fn open_tagged(
        &self,
        cache: &Cache,
        key: &Key,
        mut incoming: Incoming,
        snapshot: Snapshot,
        drawn: Option<Arc<TagSet>>,
    ) -> Option<Entry> {
        let named = self.tags.iter().flat_map(|tags| tags.iter()).filter(|tag| !tag.is_stamp());
        let tags = if named.eq(incoming.tags.iter().map(|tag| &tag.key)) {
            let stands = incoming.end_by_tags(&self.seen_tags).is_none();
            drawn.filter(|_| stands).and_then(|drawn| TagSet::of_entry(&drawn, None))
        } else {
            self.tags_now(cache, &mut incoming).await
        };
        self.open(cache, key, &incoming, snapshot.generation, Some(tags?), cache.clock.now())
    }

    /// Returns the tags of a stored value, if none was invalidated, by a request of its own.
    pub(super) async fn tags_now(
        &self,
        cache: &Cache,
        incoming: &mut Incoming,
    ) -> Option<Arc<TagSet>> {
        let keys: Vec<_> = incoming.tags.iter().map(|tag| tag.key.clone()).collect();
        // Before the request: what is invalidated from here on makes the entry invalid.
        let drawn = cache.tags.draw(&keys);
        let ask = |left| tier(cache).tag_generations(&keys, left);
        match self.budget.spend(Instant::now(), ask).await {
            Ok(seen) => incoming.end_by_tags(&seen).is_none().then_some(drawn),
            Err(reason) => {
                out_of_reach(cache, reason);
                None
            }
        }
    }

    /// Returns the entry of a stored value, if it can be decoded and serves at all. Its life is the
    /// one that the writer gave it, less its age, and begins `now`.
    pub(super) fn open(
        &self,
        cache: &Cache,
        key: &Key,
        incoming: &Incoming,
        generation: u64,
        tags: Option<Arc<TagSet>>,
        now: Moment,
    ) -> Option<Entry> {
        let age = incoming.age_by(&cache.clock);
        let lifetimes = limited(cache, incoming.lifetimes);
        let left = limited(cache, incoming.lifetimes.after(age));
        let timeline = Timeline::of(left, now).written_before(now, age);
        if timeline.age(now) == Age::Gone {
            return None;
        }
        let facts = Facts { timeline, generation, group: self.group, spent: incoming.spent };
        let key = StoredKey::from(key);
        (self.decode)(key, incoming.codec, incoming.payload(), facts)
            .inspect_err(|reason| undecodable(cache, *reason))
            .map(|entry| cache.completed(entry.tagged(tags), lifetimes.fresh))
            .inspect(|entry| {
                if incoming.expired {
                    entry.expire();
                }
            })
            .ok()
    }
}

/// Tells whether `entry` was written after the one in memory, if that serves anything.
fn is_later(cache: &Cache, entry: &Entry, held: Option<Entry>) -> bool {
    let held = held.filter(|held| held.age(cache.clock.now()) != Age::Gone);
    held.is_none_or(|held| entry.fresh_until() > held.fresh_until())
}

/// Stores a value that was read remotely in the memory of a tiered cache, unless something happened
/// to the key since the lookup began.
fn admit(cache: &Cache, lookup: &Lookup, entry: &Entry) {
    if shared(cache).tiered {
        cache.admit(lookup, entry);
    }
}

/// Counts a stored value that is not used, and tells of the first that another release wrote.
fn undecodable(cache: &Cache, reason: Undecodable) {
    if cache.counters.undecodable(reason) {
        let cache = cache.site.name;
        let hint = reason.hint();
        warn!(cache, %reason, "a stored value of the cache `{cache}` is not used: {hint}");
    }
}
