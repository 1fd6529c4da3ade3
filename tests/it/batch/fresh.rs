//! Batches of items past their ttl, and of items whose loads others wait for.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use cachery::{Caches, Timeout, WrongLength, cached, testing::Clock};
use cachery_test_support::{Probe, until};

#[derive(Clone, Debug, Default)]
struct Calls(Arc<Mutex<Vec<Vec<u64>>>>);

impl Calls {
    fn note(&self, ids: Vec<u64>) {
        self.0.lock().unwrap().push(ids);
    }

    fn take(&self) -> Vec<Vec<u64>> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Failed {
    Length(WrongLength),
    Slow(Timeout),
    Odd,
}

impl From<WrongLength> for Failed {
    fn from(wrong: WrongLength) -> Self {
        Self::Length(wrong)
    }
}

impl From<Timeout> for Failed {
    fn from(timeout: Timeout) -> Self {
        Self::Slow(timeout)
    }
}

#[cached(name = "batch-stale", ttl = 60, stale = 600, batch = ids, skip(calls))]
async fn stale(ids: &[u64], calls: &Calls) -> Result<Vec<u64>, Failed> {
    calls.note(ids.to_vec());
    Ok(ids.to_vec())
}

#[cached(
    name = "batch-stale-detached",
    ttl = 60,
    stale = 600,
    detach,
    batch = names,
    skip(calls, probe)
)]
async fn detached(names: &[&str], calls: &Calls, probe: &Arc<Probe>) -> Result<Vec<usize>, Failed> {
    let lengths: Vec<_> = names.iter().map(|name| name.len()).collect();
    calls.note(lengths.iter().map(|length| *length as u64).collect());
    probe.run().await;
    Ok(lengths)
}

/// Fails for odd numbers while it is told to.
#[cached(name = "batch-on-error", ttl = 60, stale_if_error = 600, batch = ids, skip(fails))]
async fn on_error(ids: &[u64], fails: bool) -> Vec<Result<u64, Failed>> {
    let failed = |id: &u64| if fails && id % 2 == 1 { Err(Failed::Odd) } else { Ok(*id) };
    ids.iter().map(failed).collect()
}

#[cached(name = "batch-timed", ttl = 60, load_timeout = "2s", batch = ids, skip(probe))]
async fn timed(ids: &[u64], probe: &Probe) -> Result<Vec<u64>, Failed> {
    probe.run().await;
    Ok(ids.to_vec())
}

fn node() -> (Clock, Caches) {
    let caches = Caches::isolated();
    let clock = caches.clock();
    clock.stop();
    (clock, caches)
}

#[tokio::test]
async fn stale_items_are_renewed_together_with_those_that_are_missing() {
    let (clock, caches) = node();
    caches
        .scope(async {
            let calls = Calls::default();
            stale(&[1, 2], &calls).await.unwrap();
            clock.advance(Duration::from_secs(61));
            stale(&[3], &calls).await.unwrap();
            calls.take();
            assert_eq!(stale(&[4, 2, 3, 1], &calls).await.unwrap(), [4, 2, 3, 1]);
            assert_eq!(calls.take(), [[4, 2, 1]]);
            assert_eq!(stale(&[4, 2, 3, 1], &calls).await.unwrap(), [4, 2, 3, 1]);
            assert_eq!(calls.take().len(), 0);
        })
        .await;
}

#[tokio::test]
async fn with_detach_nobody_waits_for_the_renewal_of_stale_items_and_it_is_one_run() {
    let (clock, caches) = node();
    caches
        .scope(async {
            let calls = Calls::default();
            let probe = Probe::opened();
            let names = ["a", "bb", "ccc"];
            assert_eq!(detached(&names, &calls, &probe).await.unwrap(), [1, 2, 3]);
            assert_eq!(calls.take(), [[1, 2, 3]]);
            clock.advance(Duration::from_secs(61));
            let closed = Probe::closed();
            assert_eq!(detached(&names, &calls, &closed).await.unwrap(), [1, 2, 3]);
            until(|| closed.runs() == 1).await;
            assert_eq!(calls.take(), [[1, 2, 3]]);
            closed.open();
            let renewed = || detached::cache().stats().freshness.refreshed_in_background == 3;
            until(renewed).await;
            let stats = detached::cache().stats();
            assert_eq!((stats.loads, stats.freshness.stale, stats.batch.hit), (2, 3, 3));
        })
        .await;
}

#[tokio::test]
async fn a_detached_load_whose_caller_gives_up_is_finished_and_stored() {
    let (_, caches) = node();
    caches
        .scope(async {
            let calls = Calls::default();
            let probe = Probe::closed();
            {
                let mut call = std::pin::pin!(detached(&["x", "yy"], &calls, &probe));
                let begun = until(|| probe.runs() == 1);
                tokio::select! { _ = &mut call => panic!("it is held"), () = begun => {} }
            }
            probe.open();
            until(|| detached::cache().stats().puts == 2).await;
            assert_eq!(detached::peek_many(["x", "yy"]).await, [Some(1), Some(2)]);
        })
        .await;
}

#[tokio::test]
async fn a_usable_item_stands_in_for_its_own_error_alone() {
    let (clock, caches) = node();
    caches
        .scope(async {
            on_error(&[1, 2], false).await;
            clock.advance(Duration::from_secs(61));
            let outcomes = on_error(&[1, 2, 3, 4], true).await;
            assert_eq!(outcomes, [Ok(1), Ok(2), Err(Failed::Odd), Ok(4)]);
        })
        .await;
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_ended_for_all_its_items() {
    let (clock, caches) = node();
    let probe = Probe::closed();
    caches
        .scope(async {
            let call = timed(&[1, 2], &probe);
            let ends = async {
                until(|| probe.runs() == 1).await;
                clock.advance(Duration::from_secs(3));
            };
            let (outcome, ()) = tokio::join!(call, ends);
            assert!(matches!(outcome, Err(Failed::Slow(_))));
            probe.open();
            assert_eq!(timed(&[1, 2], &probe).await, Ok(vec![1, 2]));
        })
        .await;
}

#[tokio::test]
async fn a_call_that_is_dropped_hands_its_items_to_those_who_wait() {
    let (_, caches) = node();
    caches
        .scope(async {
            let probe = Probe::closed();
            let mut first = Box::pin(timed(&[1, 2], &probe));
            let begun = until(|| probe.runs() == 1);
            tokio::select! { _ = &mut first => panic!("it is held"), () = begun => {} }
            let mut second = Box::pin(timed(&[2, 3], &probe));
            let begun = until(|| probe.runs() == 2);
            tokio::select! { _ = &mut second => panic!("it is held"), () = begun => {} }
            drop(first);
            probe.open();
            assert_eq!(second.await, Ok(vec![2, 3]));
            assert_eq!(timed::peek_many([1, 2, 3]).await, [None, Some(2), Some(3)]);
        })
        .await;
}
