//! The search for the items of a batch that memory has no value for.

use std::{
    future::{Future as _, poll_fn},
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    super::{
        keyed::Keyed,
        miss::{Miss, Next},
        note::{Note, Tier},
        together::{Together, Way},
    },
    group::Start,
    part::{GroupOutcome, Part},
};
use crate::{
    cache::{Cache, Outcome},
    entry::Entry,
    flight::Progress,
    generations::Group,
    key::StoredKey,
    money::Spent,
    tag::Tags,
    timeline::Lifetimes,
};

/// An item that memory has no value for.
pub(super) struct Missing<R, V, E> {
    keyed: Keyed<R, V, E>,
    /// The first place that asks for it.
    place: usize,
    /// The other places.
    again: Vec<usize>,
    tags: Option<Tags>,
    note: Note,
}

impl<R, V, E> Missing<R, V, E> {
    pub(super) fn new(keyed: Keyed<R, V, E>, place: usize) -> Self {
        Self { keyed, place, again: Vec::new(), tags: None, note: Note::begin() }
    }
}

/// Sorts items by their keys, and joins those of one key.
fn by_key<R, V, E>(mut missing: Vec<Missing<R, V, E>>) -> Vec<Missing<R, V, E>> {
    let order = |item: &Missing<R, V, E>| (item.keyed.key.is_digest(), item.place);
    missing.sort_unstable_by(|one, other| {
        let bytes = one.keyed.key.as_bytes().cmp(other.keyed.key.as_bytes());
        bytes.then_with(|| order(one).cmp(&order(other)))
    });
    let mut items: Vec<Missing<R, V, E>> = Vec::with_capacity(missing.len());
    for item in missing {
        match items.last_mut() {
            Some(last) if *last.keyed.key == *item.keyed.key => last.again.push(item.place),
            _ => items.push(item),
        }
    }
    items
}

/// The origin of an outcome.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// A stored value.
    Hit,
    /// Another call's load.
    Joined,
    /// A load of this call.
    Loaded,
    /// A run of the function as if it were not cached.
    Run,
}

/// The outcome of an item.
struct Settled<V, E> {
    outcome: Result<V, E>,
    by: By,
    spent: Spent,
}

/// The search for the items of a batch.
pub(super) struct Seek<'c, R, V, E> {
    cache: &'c Arc<Cache>,
    items: Vec<Missing<R, V, E>>,
    settled: Vec<Option<Settled<V, E>>>,
    ways: Together<Next>,
    /// One load for all items: whoever is part of it waits for none of their keys.
    load: Arc<Progress>,
    /// The items that this call is to load.
    queue: Vec<Part<R, V, E>>,
    /// The error of the whole call.
    failure: Option<E>,
}

/// The outcome of each place.
pub(super) type OfPlaces<V, E> = Vec<(usize, Result<V, E>)>;

impl<'c, R, V, E> Seek<'c, R, V, E> {
    /// Begins the search. Items are taken in the order of their keys.
    pub(super) fn begin(
        cache: &'c Arc<Cache>,
        missing: Vec<Missing<R, V, E>>,
        tags: impl Fn(usize) -> Option<Tags>,
    ) -> Self {
        let mut items = by_key(missing);
        let mut ways = Together::of(cache);
        let load = cache.flights.begin_load();
        for item in &mut items {
            item.tags = tags(item.place);
            ways.add(Box::pin(item.miss(cache).part_of(&load, ways.combined()).seek()));
        }
        let settled = items.iter().map(|_| None).collect();
        Self { cache, items, settled, ways, load, queue: Vec::new(), failure: None }
    }

    /// Finds or loads all items. `has_error_of_each` tells whether the error of one item is not that
    /// of the whole call.
    pub(super) async fn finish<G: Start<R, V, E>>(
        mut self,
        mut groups: G,
        has_error_of_each: bool,
    ) -> Result<OfPlaces<V, E>, E> {
        let mut group: Option<G::Group> = None;
        poll_fn(|cx| {
            loop {
                self.seek(cx, &mut groups, has_error_of_each);
                if let Some(running) = &mut group {
                    let Poll::Ready(outcome) = Pin::new(running).poll(cx) else {
                        return Poll::Pending;
                    };
                    group = None;
                    self.absorb(outcome);
                } else if self.failure.is_some() && self.ways.is_settled() {
                    // Each item has been counted by now.
                    return Poll::Ready(());
                } else if self.ways.is_settled() && !self.queue.is_empty() {
                    group = Some(groups.start(self.take_queue()));
                } else if self.ways.is_done() {
                    return Poll::Ready(());
                } else {
                    return Poll::Pending;
                }
            }
        })
        .await;
        match self.failure.take() {
            Some(error) => {
                for (item, settled) in self.items.iter().zip(&self.settled) {
                    item.again.iter().for_each(|_| self.count_again(settled.as_ref()));
                }
                Err(error)
            }
            None => self.of_places(groups, has_error_of_each).await,
        }
    }

    /// Polls the ways of all items.
    fn seek(
        &mut self,
        cx: &mut Context<'_>,
        groups: &mut impl Start<R, V, E>,
        has_error_of_each: bool,
    ) {
        let Self { cache, items, settled, ways, queue, failure, .. } = self;
        ways.poll(cx, |number, next| {
            let Missing { keyed, place, note, .. } = &items[number];
            let mut settle = |outcome, by, spent| {
                if by == By::Hit {
                    cache.counters.batch_hits.add(1);
                } else {
                    cache.counters.joined.add(1);
                }
                match outcome {
                    Err(error) if !has_error_of_each => {
                        failure.get_or_insert(error);
                    }
                    outcome => settled[number] = Some(Settled { outcome, by, spent }),
                }
            };
            let part = |load| Part::new(keyed, number, *place, load);
            match next {
                Next::Take(outcome) => {
                    let spent = outcome.entry().map(spent_on).unwrap_or_default();
                    match keyed.take(outcome) {
                        Some(outcome) => settle(outcome, by(note), spent),
                        None => queue.push(part(None)),
                    }
                }
                Next::Load(load) => queue.push(part(Some(load))),
                Next::Refused(refused) => match keyed.refused(refused) {
                    Ok(outcome) => settle(outcome, By::Joined, Spent::default()),
                    Err(load) => queue.push(part(Some(load))),
                },
                Next::Bypass => queue.push(part(None)),
                Next::Renew(renewal) => match groups.renew(keyed, *place, renewal) {
                    Ok(entry) => {
                        let spent = spent_on(&entry);
                        match keyed.take(Outcome::Value(entry)) {
                            Some(outcome) => settle(outcome, By::Hit, spent),
                            None => queue.push(part(None)),
                        }
                    }
                    Err(renewal) => return Some(Box::pin(renewal.inline()) as Way<Next>),
                },
            }
            None
        });
        if ways.is_settled() {
            groups.renew_all();
        }
    }

    /// Takes the items that are to be loaded now, in the order in which they were asked for.
    fn take_queue(&mut self) -> Vec<Part<R, V, E>> {
        let mut parts = mem::take(&mut self.queue);
        parts.sort_unstable_by_key(|part| part.place);
        parts
    }

    /// Takes the outcomes of a group of items.
    fn absorb(&mut self, group: GroupOutcome<V, E>) {
        let GroupOutcome { settled, failure, superseded } = group;
        for (number, rest) in superseded {
            let miss = self.items[number].miss(self.cache).again(rest);
            let way = miss.part_of(&self.load, self.ways.combined()).seek();
            self.ways.replace(number, Box::pin(way));
        }
        for (number, outcome, load) in settled {
            let by = if load.is_some() { By::Loaded } else { By::Run };
            self.cache.counters.loaded.add(u64::from(load.is_some()));
            let spent = load.unwrap_or_default();
            self.settled[number] = Some(Settled { outcome, by, spent });
        }
        self.failure = self.failure.take().or(failure);
    }

    /// Returns the outcome of each place. Where several places ask for one item, each but the first
    /// gets a copy.
    async fn of_places(
        mut self,
        mut groups: impl Start<R, V, E>,
        has_error_of_each: bool,
    ) -> Result<OfPlaces<V, E>, E> {
        let mut of_places = Vec::new();
        let mut alone = Vec::new();
        for (number, item) in self.items.iter().enumerate() {
            let settled = self.settled[number].take().expect("each item has an outcome by now");
            for place in &item.again {
                self.count_again(Some(&settled));
                match item.copy(self.cache, &settled.outcome) {
                    Some(copy) => of_places.push((*place, copy)),
                    // An error that cannot be shared is that of its own caller.
                    None => alone.push(Part::new(&item.keyed, of_places.len(), *place, None)),
                }
            }
            of_places.push((item.place, settled.outcome));
        }
        if !alone.is_empty() {
            let places: Vec<_> = alone.iter().map(|part| part.place).collect();
            for (number, part) in alone.iter_mut().enumerate() {
                part.number = number;
            }
            let GroupOutcome { settled, failure, .. } = groups.start(alone).await;
            if let Some(error) = failure.filter(|_| !has_error_of_each) {
                return Err(error);
            }
            let outcomes =
                settled.into_iter().map(|(number, outcome, _)| (places[number], outcome));
            of_places.extend(outcomes);
        }
        Ok(of_places)
    }

    /// Counts a further place that asks for an item: it is served as the first one is. An item of a
    /// call that has failed may be settled by nothing: it is a miss.
    fn count_again(&self, settled: Option<&Settled<V, E>>) {
        let counters = &self.cache.counters;
        match settled.map(|settled| settled.by) {
            Some(By::Hit) => {
                counters.hit(settled.map(|settled| settled.spent).unwrap_or_default());
                counters.batch_hits.add(1);
            }
            Some(By::Joined | By::Loaded) | None => {
                counters.misses.add(1);
                counters.deduplicated.add(1);
                let value = settled.filter(|settled| settled.outcome.is_ok());
                counters.saved_by_dedup.add(value.map_or(0, |settled| settled.spent.nanos));
            }
            Some(By::Run) => {}
        }
    }
}

/// Returns the origin of an outcome that was taken.
fn by(note: &Note) -> By {
    let served = note.read();
    // An error has left no note.
    if served.coalesced || served.tier == Tier::Load { By::Joined } else { By::Hit }
}

impl<R, V, E> Missing<R, V, E> {
    /// Returns the miss of the item.
    fn miss(&self, cache: &Arc<Cache>) -> Miss {
        let miss = self.keyed.miss(Arc::clone(cache));
        miss.tagged(self.tags.as_ref()).noted(&self.note)
    }

    /// Returns a copy of an outcome; `None` where it cannot be copied.
    fn copy(&self, cache: &Cache, outcome: &Result<V, E>) -> Option<Result<V, E>> {
        let Keyed { returns, value: ops, key, .. } = &self.keyed;
        match outcome {
            Ok(value) => {
                let lifetimes = Lifetimes::fresh(None);
                let facts = cache.facts(lifetimes, 0, Group::default(), Spent::default());
                let copied = ops.wrap(StoredKey::from(&**key), value, facts);
                ops.take(copied).map(Ok)
            }
            Err(error) => {
                let shared = (returns.share)(error)?;
                (returns.unshare)(&shared).map(Err)
            }
        }
    }
}

/// Returns the time and the money of the load that made an entry.
fn spent_on(entry: &Entry) -> Spent {
    entry.head().facts.spent
}
