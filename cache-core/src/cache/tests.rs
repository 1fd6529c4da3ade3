//! What another thread does in the midst of something: it cuts the node off, or lets an entry leave.

use std::{
    sync::{Arc, Weak, mpsc},
    thread,
    time::Duration,
};

use cachery_syntax::Backend;

use super::{Cache, Remote, Replaced, Shared};
use crate::{
    clock::Moment,
    ending::Ending,
    entry::{Entry, Facts},
    health::ServerHealth,
    key::StoredKey,
    memory::fake::{self, has_interleaved, interleave_once, interleave_when_found, key, put},
    observe::Resources,
    remote::{
        Block, BlockRequest, Digester, FillKind, Filled, HoldOff, LoadReply, LoadRequest, Outgoing,
        Pending, Place, QueuedInvalidations, Reason, RemoteKey, RemotePermit, RemoteTier, Seen,
        Shutdown, TagGeneration, TagKey, Target,
    },
    site::Site,
    timeline::Timeline,
};

const OUTAGE_TTL: Duration = Duration::from_secs(30);

static SITE: Site = Site::new("users", "shop::f", "()", "u8");

/// A remote tier that no test here asks.
struct Nowhere;

impl RemoteTier for Nowhere {
    fn read<'a>(
        &'a self,
        _: &'a RemoteKey,
        _: &'a [TagKey],
        _: Duration,
    ) -> Pending<'a, Result<Seen, Reason>> {
        unreachable!()
    }

    fn tag_generations<'a>(
        &'a self,
        _: &'a [TagKey],
        _: Duration,
    ) -> Pending<'a, Result<Vec<Option<TagGeneration>>, Reason>> {
        unreachable!()
    }

    fn invalidate_tags<'a>(
        &'a self,
        _: &'a [TagKey],
        _: Ending,
        _: Duration,
    ) -> Pending<'a, Result<(), Reason>> {
        unreachable!()
    }

    fn take_block<'a>(
        &'a self,
        _: &'a Place,
        _: &'a BlockRequest,
        _: Duration,
    ) -> Pending<'a, Result<Block, Reason>> {
        unreachable!()
    }

    fn request_load<'a>(
        &'a self,
        _: &'a RemoteKey,
        _: LoadRequest,
        _: Duration,
    ) -> Pending<'a, Result<LoadReply, Reason>> {
        unreachable!()
    }

    fn fill<'a>(
        &'a self,
        _: &'a RemoteKey,
        _: RemotePermit,
        _: Option<Outgoing>,
        _: FillKind,
        _: Duration,
    ) -> Pending<'a, Result<Filled, Reason>> {
        unreachable!()
    }

    fn hold_off(&self, _: RemotePermit, _: HoldOff) {
        unreachable!()
    }

    fn invalidate<'a>(
        &'a self,
        _: &'a [RemoteKey],
        _: Ending,
        _: Duration,
    ) -> Pending<'a, Result<(), Reason>> {
        unreachable!()
    }

    fn invalidate_cache<'a>(
        &'a self,
        _: &'a str,
        _: Ending,
        _: Duration,
    ) -> Pending<'a, Result<(), Reason>> {
        unreachable!()
    }

    fn count_resources(&self, _: &mut Resources) {
        unreachable!()
    }

    fn connected(&self, _: Duration) -> Pending<'_, Result<(), String>> {
        unreachable!()
    }

    fn receives_invalidations(&self) -> bool {
        unreachable!()
    }

    fn health(&self) -> Pending<'_, Vec<ServerHealth>> {
        unreachable!()
    }

    fn queued(&self) -> QueuedInvalidations {
        unreachable!()
    }

    fn take_over(&self, _: &Target) -> bool {
        unreachable!()
    }

    fn shutdown(&self, _: Duration) -> Pending<'_, Shutdown> {
        unreachable!()
    }
}

fn cache() -> Arc<Cache> {
    let (tier, digester) = (Arc::new(Nowhere), Digester::new(None));
    let deadline = Duration::from_secs(1);
    let remote = Remote { tier, digester, deadline, outage_ttl: OUTAGE_TTL, fallback: true };
    let place = Place::of(&SITE);
    let cache = fake::cache(&SITE, Some(Shared::new(remote, place, Backend::Tiered)));
    cache.clock.stop();
    Arc::new(cache)
}

fn reads(cache: &Cache, n: u64) -> bool {
    cache.settled(&key(n)).is_some()
}

/// Cuts the node off and stores another value with its full lifetime while memory is emptied.
fn cut_off_when_memory_is_empty(cache: &Arc<Cache>) {
    let other = Arc::clone(cache);
    interleave_once(move || {
        other.cut_off();
        put(&other, 2, 2_u64);
        assert!(reads(&other, 2));
    });
}

#[test]
fn what_is_kept_while_memory_is_emptied_is_not_trusted_beyond_a_cut_off_in_between() {
    let cache = cache();
    put(&cache, 1, 1_u64);
    cut_off_when_memory_is_empty(&cache);
    cache.distrust();
    assert!(has_interleaved() && !reads(&cache, 1));
    assert!(!reads(&cache, 2), "the end of its time was forgotten, and it was not");
}

#[test]
fn the_same_at_the_end_of_the_outage_ttl() {
    let cache = cache();
    put(&cache, 1, 1_u64);
    cache.cut_off();
    cache.clock.advance(OUTAGE_TTL);
    let other = Arc::clone(&cache);
    interleave_once(move || {
        other.distrust();
        other.cut_off();
        put(&other, 2, 2_u64);
    });
    assert!(!reads(&cache, 1) && has_interleaved());
    assert!(!reads(&cache, 2), "the end of its time was forgotten, and it was not");
}

/// A value whose `Drop` uses its own key.
struct Reentrant(Weak<Cache>);

impl Drop for Reentrant {
    fn drop(&mut self) {
        let cache = self.0.upgrade().expect("it outlives its values");
        cache.drop_key(&StoredKey::from(&key(1)));
    }
}

/// Runs `act` on a cache with such a value, which leaves memory when `act` has found it.
fn leaves_when_found(act: fn(&Cache)) {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let cache = Arc::new(fake::cache(&SITE, None));
        put(&cache, 1, Reentrant(Arc::downgrade(&cache)));
        let other = Arc::clone(&cache);
        let leave = move || drop(other.memory.remove(&StoredKey::from(&key(1))));
        interleave_when_found(leave);
        act(&cache);
        done.send(cache.stats().size).expect("it is waited for");
    });
    let size = is_done.recv_timeout(Duration::from_secs(30));
    assert_eq!(size, Ok(0), "the value died under the lock of its key");
}

#[test]
fn a_value_that_leaves_while_it_is_made_to_expire_dies_after_the_lock() {
    leaves_when_found(|cache| cache.end_key(&key(1), Ending::Expired));
}

#[test]
fn a_value_that_leaves_while_a_later_one_was_fenced_off_dies_after_the_lock() {
    leaves_when_found(|cache| {
        // Another value has come for the key since.
        let facts = Facts::new(Timeline::fresh(Moment::NEVER, None));
        let entry = Entry::new(StoredKey::from(&key(1)), 7_u64, facts);
        cache.drop_older(&Replaced { key: key(1), entry });
    });
}

#[test]
fn a_value_of_another_type_is_no_hit() {
    let cache = cache();
    put(&cache, 1, 1_u64);
    let of_another = cache.hit_value(&key(1), |entry| entry.value::<String>().cloned());
    assert_eq!((of_another, cache.stats().hits), (None, 0));
    let own = cache.hit_value(&key(1), |entry| entry.value::<u64>().copied());
    assert_eq!((own, cache.stats().hits), (Some(1), 1));
}
