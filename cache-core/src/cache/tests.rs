//! The trust in memory while the node is cut off in the midst of something.

use std::{sync::Arc, time::Duration};

use cachery_syntax::Backend;

use super::{Cache, Remote, Shared};
use crate::{
    ending::Ending,
    health::ServerHealth,
    memory::fake::{self, has_interleaved, interleave_once, key, put},
    observe::Resources,
    remote::{
        Block, BlockRequest, Digester, FillKind, Filled, HoldOff, LoadReply, LoadRequest, Outgoing,
        Pending, Place, QueuedInvalidations, Reason, RemoteKey, RemotePermit, RemoteTier, Seen,
        Shutdown, TagGeneration, TagKey, Target,
    },
    site::Site,
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
