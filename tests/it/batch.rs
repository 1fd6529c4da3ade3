//! The rules of functions that are cached for each item of a list.

mod entries;
mod fresh;
mod model;
#[cfg(feature = "redis")]
mod of_redis;
mod peers;

use std::{
    collections::{BTreeMap, HashMap},
    pin::Pin,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Waker},
};

use cachery::{Caches, WrongLength, cached};
use tokio::sync::Notify;

/// A function's calls: the items of each.
#[derive(Default)]
struct Calls(Mutex<Vec<Vec<String>>>);

impl Calls {
    fn note(&self, items: &[String]) {
        self.0.lock().unwrap().push(items.to_vec());
    }

    fn take(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Failed {
    Length(WrongLength),
    Refused,
}

impl From<WrongLength> for Failed {
    fn from(wrong: WrongLength) -> Self {
        Self::Length(wrong)
    }
}

/// Doubles each text. It refuses lists with `no`, and forgets what is called `short`.
#[cached(name = "batch-doubled", ttl = 60, batch = texts, cost = 0.5, failed_cost = |_| 0.25, skip(calls))]
async fn doubled(times: usize, texts: &[String], calls: &Calls) -> Result<Vec<String>, Failed> {
    calls.note(texts);
    tokio::task::yield_now().await;
    if texts.iter().any(|text| text == "no") {
        return Err(Failed::Refused);
    }
    let texts = texts.iter().filter(|text| *text != "short");
    Ok(texts.map(|text| text.repeat(times)).collect())
}

#[cached(name = "batch-by-key", ttl = 60, batch = ids, skip(calls))]
async fn names(ids: Vec<u64>, calls: &Mutex<Vec<Vec<u64>>>) -> HashMap<u64, String> {
    calls.lock().unwrap().push(ids.clone());
    let known = ids.into_iter().filter(|id| *id < 100);
    known.rev().map(|id| (id, id.to_string())).collect()
}

#[cached(name = "batch-ordered", ttl = 60, batch = words)]
async fn lengths(words: &[&str]) -> Result<BTreeMap<String, usize>, String> {
    Ok(words.iter().map(|word| ((*word).to_owned(), word.len())).collect())
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn only_what_memory_does_not_have_is_loaded_once_and_in_order() {
    let caches = Caches::isolated();
    caches
        .scope(async {
            let calls = Calls::default();
            let list = texts(&["b", "a", "b", "c"]);
            let doubles = doubled(2, &list, &calls).await.unwrap();
            assert_eq!(doubles, ["bb", "aa", "bb", "cc"]);
            assert_eq!(calls.take(), [texts(&["b", "a", "c"])]);
            let list = texts(&["d", "c", "a", "e", "d"]);
            assert_eq!(doubled(2, &list, &calls).await.unwrap(), ["dd", "cc", "aa", "ee", "dd"]);
            assert_eq!(calls.take(), [texts(&["d", "e"])]);
            assert_eq!(doubled(2, &list, &calls).await.unwrap().len(), 5);
            assert_eq!(doubled(2, &[], &calls).await.unwrap(), [""; 0]);
            assert_eq!(calls.take(), Vec::<Vec<String>>::new());
            assert_eq!(doubled::peek(2, "c").await.as_deref(), Some("cc"));
            assert_eq!(doubled::peek(3, "c").await, None);
            let stats = doubled::cache().stats();
            assert_eq!((stats.batch.calls, stats.batch.asked), (3, 14));
            assert_eq!((stats.batch.hit, stats.batch.loaded), (7, 5));
            assert_eq!((stats.batch.joined, stats.batch.deduplicated), (0, 2));
            assert_eq!((stats.hits, stats.misses, stats.loads), (7, 7, 2));
        })
        .await;
}

#[test]
fn a_call_can_move_between_threads() {
    fn is_send(_: impl Send) {}
    let calls = Calls::default();
    is_send(doubled(2, &[], &calls));
    is_send(names(Vec::new(), &Mutex::default()));
}

#[tokio::test]
async fn values_by_key_belong_to_their_items_and_missing_ones_are_remembered() {
    let caches = Caches::isolated();
    caches
        .scope(async {
            let calls = Mutex::default();
            let found = names(vec![3, 500, 1], &calls).await;
            assert_eq!(found, HashMap::from([(1, "1".to_owned()), (3, "3".to_owned())]));
            assert_eq!(names(vec![500, 3, 2], &calls).await.len(), 2);
            assert_eq!(*calls.lock().unwrap(), [vec![3, 500, 1], vec![2]]);
            assert_eq!(names::peek(500).await, Some(None));
            assert_eq!(names::peek(501).await, None);
            let lengths = lengths(&["one", "three"]).await.unwrap();
            assert_eq!(
                lengths.into_iter().collect::<Vec<_>>(),
                [("one".into(), 3), ("three".into(), 5)]
            );
        })
        .await;
}

#[tokio::test]
async fn a_wrong_length_is_an_error_and_stores_nothing() {
    let caches = Caches::isolated();
    caches
        .scope(async {
            let calls = Calls::default();
            let list = texts(&["a", "short", "b"]);
            let Err(Failed::Length(wrong)) = doubled(1, &list, &calls).await else {
                panic!("it is short")
            };
            assert_eq!((wrong.cache(), wrong.asked(), wrong.returned()), ("batch-doubled", 3, 2));
            assert_eq!(doubled::peek(1, "a").await, None);
            assert_eq!(doubled(1, &texts(&["no"]), &calls).await, Err(Failed::Refused));
            assert_eq!(doubled::cache().stats().load_errors, 2);
        })
        .await;
}

#[tokio::test]
async fn a_call_that_fails_counts_each_of_its_items() {
    let caches = Caches::isolated();
    caches
        .scope(async {
            let calls = Calls::default();
            doubled(1, &texts(&["a"]), &calls).await.unwrap();
            let list = texts(&["no", "a", "b", "no", "a", "no"]);
            assert_eq!(doubled(1, &list, &calls).await, Err(Failed::Refused));
            let stats = doubled::cache().stats();
            assert_eq!((stats.batch.asked, stats.hits, stats.misses), (7, 2, 5));
            assert_eq!((stats.batch.hit, stats.batch.deduplicated), (2, 2));
            assert_eq!(stats.money.saved_by_dedup, 0, "a load that fails saves nobody a load");
        })
        .await;
}

#[cached(name = "batch-split", ttl = 60, batch = ids, max = 2, skip(calls))]
async fn split(ids: &[u64], calls: &Mutex<Vec<Vec<u64>>>) -> Result<Vec<u64>, String> {
    calls.lock().unwrap().push(ids.to_vec());
    if ids.contains(&13) {
        Err("13".to_owned())
    } else {
        Ok(ids.iter().map(|id| id * 10).collect())
    }
}

#[cached(name = "batch-parallel", ttl = 60, batch = ids, max = 2, parallel = 3, skip(running))]
async fn parallel(ids: &[u64], running: &Mutex<[usize; 2]>) -> Result<Vec<u64>, String> {
    {
        let mut running = running.lock().unwrap();
        running[0] += 1;
        running[1] = running[1].max(running[0]);
    }
    tokio::task::yield_now().await;
    running.lock().unwrap()[0] -= 1;
    Ok(ids.to_vec())
}

#[tokio::test]
async fn long_lists_are_split_and_what_a_run_brought_is_kept_when_a_later_one_fails() {
    let caches = Caches::isolated();
    caches
        .scope(async {
            let calls = Mutex::default();
            assert_eq!(split(&[5, 4, 3, 2, 1], &calls).await.unwrap(), [50, 40, 30, 20, 10]);
            assert_eq!(*calls.lock().unwrap(), [vec![5, 4], vec![3, 2], vec![1]]);
            calls.lock().unwrap().clear();
            assert_eq!(split(&[7, 8, 13, 9, 10, 11], &calls).await.unwrap_err(), "13");
            assert_eq!(*calls.lock().unwrap(), [vec![7, 8], vec![13, 9]]);
            assert_eq!(split::peek_many([7, 8, 9, 10]).await, [Some(70), Some(80), None, None]);
            let running = Mutex::default();
            let ids: Vec<_> = (0..20).collect();
            assert_eq!(parallel(&ids, &running).await.unwrap(), ids);
            assert_eq!(*running.lock().unwrap(), [0, 3]);
        })
        .await;
}

#[tokio::test]
async fn overlapping_calls_in_opposite_orders_load_each_item_once_and_wait_for_no_circle() {
    let caches = Caches::isolated();
    caches
        .scope(async {
            let calls = Calls::default();
            let [one, other] = [texts(&["a", "b", "c"]), texts(&["d", "c", "b"])];
            let again = texts(&["c", "a", "d", "a"]);
            let (one, other, third) = tokio::join!(
                doubled(2, &one, &calls),
                doubled(2, &other, &calls),
                doubled(2, &again, &calls)
            );
            assert_eq!(one.unwrap(), ["aa", "bb", "cc"]);
            assert_eq!(other.unwrap(), ["dd", "cc", "bb"]);
            assert_eq!(third.unwrap(), ["cc", "aa", "dd", "aa"]);
            assert_eq!(calls.take(), [texts(&["a", "b", "c"]), texts(&["d"])]);
            let stats = doubled::cache().stats();
            let batch = stats.batch;
            assert_eq!((batch.loaded, batch.joined, batch.deduplicated), (4, 5, 1));
            let money = stats.money;
            assert_eq!(money.spent, 4 * 500_000_000);
            assert_eq!(money.saved_by_coalescing, 5 * 500_000_000);
            assert_eq!(money.saved_by_dedup, 500_000_000);
            assert_eq!(money.would_have_spent(), 10 * 500_000_000);
        })
        .await;
}

#[cached(name = "batch-gated", ttl = 60, batch = ids, skip(gate))]
async fn gated(ids: &[u64], gate: &Gate) -> Result<Vec<u64>, String> {
    let _running = gate.enter();
    gate.open.notified().await;
    Ok(ids.to_vec())
}

/// Counts the runs that go on, and lets each end when it is told to.
#[derive(Default)]
struct Gate {
    running: AtomicUsize,
    runs: AtomicUsize,
    open: Notify,
}

struct Running<'g>(&'g Gate);

impl Gate {
    fn enter(&self) -> Running<'_> {
        self.running.fetch_add(1, SeqCst);
        self.runs.fetch_add(1, SeqCst);
        Running(self)
    }

    /// Returns the number of runs that go on, and of all that have begun.
    fn counts(&self) -> (usize, usize) {
        (self.running.load(SeqCst), self.runs.load(SeqCst))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, SeqCst);
    }
}

fn is_pending<F: Future>(call: &mut Pin<Box<F>>) -> bool {
    call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[tokio::test]
async fn who_waited_for_a_load_from_before_an_invalidation_joins_the_one_from_after_it() {
    let caches = Caches::isolated();
    caches
        .scope(async {
            let gate = Gate::default();
            let mut old = Box::pin(gated(&[1, 2], &gate));
            assert!(is_pending(&mut old));
            let mut waits = Box::pin(gated(&[2, 1], &gate));
            let mut alone = Box::pin(gated(&[2], &gate));
            assert!(is_pending(&mut waits) && is_pending(&mut alone));
            gated::invalidate_many([1, 2]).await;
            let mut new = Box::pin(gated(&[1, 2], &gate));
            assert!(is_pending(&mut new));
            assert_eq!(gate.counts(), (2, 2), "the old load, and one of what was invalidated");
            drop(old);
            assert!(is_pending(&mut waits) && is_pending(&mut alone));
            assert_eq!(gate.counts(), (1, 2), "an item loads once at a time");
            gate.open.notify_waiters();
            assert_eq!(new.await, Ok(vec![1, 2]));
            assert_eq!(waits.await, Ok(vec![2, 1]));
            assert_eq!(alone.await, Ok(vec![2]));
            let stats = gated::cache().stats();
            assert_eq!((stats.batch.loaded, stats.batch.joined, gate.counts().1), (2, 3, 2));
        })
        .await;
}

#[tokio::test]
async fn companions_take_one_item_or_many() {
    let caches = Caches::isolated();
    caches
        .scope(async {
            let calls = Calls::default();
            doubled::put(2, "x", "put".to_owned()).await;
            doubled::put_many(2, [("y", "why".to_owned()), ("z", "zed".to_owned())]).await;
            let list = texts(&["z", "y", "x"]);
            assert_eq!(doubled(2, &list, &calls).await.unwrap(), ["zed", "why", "put"]);
            let found = doubled::peek_many(2, &list).await;
            assert_eq!(found.into_iter().flatten().collect::<Vec<_>>(), ["zed", "why", "put"]);
            doubled::invalidate(2, "y").await;
            doubled::invalidate_many(2, ["x", "w"]).await;
            assert_eq!(doubled::peek_many(2, ["x", "y"]).await, [None, None]);
            assert_eq!(doubled::peek_many(2, ["z"]).await, [Some("zed".to_owned())]);
            assert!(doubled::peek_many(2, [""; 0]).await.is_empty());
            assert_eq!(calls.take().len(), 0);
        })
        .await;
}
