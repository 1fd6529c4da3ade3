//! A fill: the value of a load, or of `put`, on its way to the remote tier, to memory and to all
//! who wait for it.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use super::{note::Note, remote_fill::Keep, remote_part::RemotePart};
use crate::{
    cache::{Cache, Outcome, Replaced},
    codec::{Codec, Unstorable},
    deciding::Decision,
    entry::{Claim, Entry, Facts},
    flight::{Loading, Permit, Progress},
    generations::Group,
    key::StoredKey,
    memory::Left,
    money::Spent,
    observe,
    tag::{FillTags, LoadTags, Named},
    timeline::Lifetimes,
};

/// A value on its way to the remote tier; ready at once where there is none. Dropping it passes the
/// permit to the next caller who waits.
pub(super) enum Filling {
    Ready(Option<Landing>),
    Remote(Arc<Progress>, Pin<Box<dyn Future<Output = Landing> + Send>>),
}

/// A value that is to be stored in memory: the last step of a fill.
pub(super) struct Landing {
    cache: Arc<Cache>,
    permit: Permit<Outcome>,
    group: Group,
    tags: Option<Box<FillTags>>,
    /// The time of the load that is to be recorded.
    recorded: Option<Duration>,
    spent: Spent,
    keep: Keep,
    /// `None` for a value that is not to be stored.
    lifetimes: Option<Lifetimes>,
    /// The right to renew the value that this one replaces.
    claim: Option<Claim>,
    /// The value that this one replaces, whether or not it is stored itself.
    replaced: Option<Box<Replaced>>,
    note: Note,
    /// `true` where the remote tier may have this value in place of a later one of this process.
    is_unordered: bool,
}

/// The part of a load that its fill goes on with.
#[derive(Default)]
pub(super) struct OfLoad {
    /// The tags before it.
    pub(super) tags: Option<LoadTags>,
    /// The tags that the value says itself.
    pub(super) returned: Vec<Named>,
    /// The time and the money of the load. Zero for a value that nobody loaded.
    pub(super) spent: Spent,
    /// The time of the load, where it is to be recorded: a load of several keys is recorded once.
    pub(super) recorded: Option<Duration>,
    /// The right to renew the value that this one replaces.
    pub(super) claim: Option<Claim>,
    /// The value that this one replaces, whether or not it is stored itself.
    pub(super) replaced: Option<Box<Replaced>>,
    /// The note of the call whose load it is.
    pub(super) note: Note,
}

/// Begins to store a value: remotely first, if the cache has a remote part.
pub(super) fn fill(
    cache: Arc<Cache>,
    permit: Permit<Outcome>,
    remote: Option<Box<RemotePart>>,
    of_load: OfLoad,
    decision: Decision,
    encode: impl Fn(Codec, u64) -> Result<Vec<u8>, Unstorable>,
) -> Filling {
    let lifetimes = decision.is_stored().then(|| cache.lifetimes(decision));
    let OfLoad { tags, returned, spent, recorded, claim, replaced, note } = of_load;
    let tags = tags.map(|tags| Box::new(tags.returned(&cache.tags, &returned)));
    let spent = Spent { nanos: decision.cost_nanos().unwrap_or(0), ..spent };
    let group = remote.as_ref().map_or_else(Group::default, |remote| remote.group());
    let is_unordered = remote.as_ref().is_some_and(|remote| remote.replaces_anything());
    let mut landing = Landing {
        cache,
        permit,
        group,
        tags,
        recorded,
        spent,
        keep: Keep::Alone,
        lifetimes,
        claim,
        replaced,
        note,
        is_unordered,
    };
    let Some(remote) = remote else { return Filling::Ready(Some(landing)) };
    let tags_are_valid = landing.tags.as_ref().is_none_or(|tags| tags.stand());
    // Nobody would read a value whose tag was invalidated meanwhile.
    let stored = lifetimes.filter(|_| tags_are_valid);
    // The user's code, and part of the load: it may call for this very key.
    let of_value = landing.tags.as_ref().map_or(&[][..], |tags| tags.of_value());
    let outgoing = |lifetimes| remote.outgoing(&landing.cache, lifetimes, spent, of_value, encode);
    let value = Loading::nested(landing.permit.progress()).scope(|| stored.and_then(outgoing));
    let progress = Arc::clone(landing.permit.progress());
    Filling::Remote(
        progress,
        Box::pin(async move {
            let key = landing.permit.key();
            landing.keep = remote.fill(&landing.cache, key, value).await;
            landing.lifetimes = lifetimes.map(|life| landing.keep.limit(&landing.cache, life));
            landing
        }),
    )
}

impl Future for Filling {
    type Output = Landing;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Landing> {
        match self.get_mut() {
            Self::Ready(landing) => {
                Poll::Ready(landing.take().expect("a future that is ready is not polled again"))
            }
            Self::Remote(progress, filling) => progress.poll(cx, |cx| filling.as_mut().poll(cx)),
        }
    }
}

impl Landing {
    /// Stores the entry that `wrap` makes (by the value's `Clone`, which is the user's code and
    /// part of the load), unless the load was fenced off, and wakes all who wait.
    pub(super) fn land(self, wrap: impl FnOnce(StoredKey, Facts) -> Entry) {
        let Self { cache, permit, group, tags, recorded, spent, .. } = self;
        let Self { keep, lifetimes, claim, replaced, note, is_unordered, .. } = self;
        note.load(lifetimes.map_or(Some(Duration::ZERO), |lifetimes| lifetimes.fresh));
        let drop_older = || replaced.iter().for_each(|replaced| cache.drop_older(replaced));
        let Some(lifetimes) = lifetimes else {
            decline(&cache, permit, recorded);
            return drop_older();
        };
        cache.forget_declined(permit.key());
        let facts = cache.facts(lifetimes, permit.generation(), group, spent);
        let tags_are_valid = || tags.as_ref().is_none_or(|tags| tags.stand());
        let of_entry = || tags.as_ref().and_then(|tags| tags.of_entry());
        let tagged = || wrap(permit.key().clone(), facts).tagged(of_entry());
        let wrap = || cache.completed(tagged(), lifetimes.fresh);
        let entry = Loading::nested(permit.progress()).scope(wrap);
        let store = || match keep {
            Keep::No => Left::default(),
            // A tag was invalidated after the load began. After one that the call names has only
            // expired, readers find the value expired.
            _ if !tags_are_valid() => Left::default(),
            Keep::Too => cache.keep(entry.clone()),
            Keep::Alone => cache.store(entry.clone()),
        };
        cache.retries.forget(entry.key());
        let landed = permit.land(Outcome::Value(entry.clone()), store);
        // Which of the two the remote tier has is not known.
        if landed.is_none() && is_unordered {
            cache.drop_key(entry.key());
        }
        drop(landed);
        // A value that is stored has taken its place already.
        drop_older();
        drop(claim);
        record(&cache, recorded);
    }
}

/// Ends a load, or a `put`, whose value is not to be stored: all who wait load for themselves.
fn decline(cache: &Cache, permit: Permit<Outcome>, recorded: Option<Duration>) {
    let key = permit.key().clone();
    // First, so that nobody who joins from now on waits.
    cache.note_declined(&key);
    cache.retries.forget(&key);
    drop(permit.decline(|| cache.drop_replaced(&key)));
    record(cache, recorded);
}

/// Records a load. The recorder is foreign code, so it comes when everybody has the value.
fn record(cache: &Cache, recorded: Option<Duration>) {
    if let Some(load_time) = recorded {
        cache.load_succeeded();
        observe::record_load(cache.site.name, load_time, false);
    }
}
