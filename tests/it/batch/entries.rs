//! The entries of single items: their keys, tags and lives, and who shares their loads.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
    time::Duration,
};

use cachery::{CacheKey, Caches, cached, caches};
use cachery_test_support::{Probe, Recorder, until};

caches! {
    static SHARED: Cache<u64, usize> = { name: "batch-entries-shared", ttl: 60 };
    static TENANT: Tag<u64> = { name: "batch-entries-tenant" };
    static OWNER: Tag<u64> = { name: "batch-entries-owner" };
}

#[derive(Clone, Debug, PartialEq, CacheKey)]
struct Id(u64);

#[cached(name = "batch-entries-texts", ttl = 60, batch = texts)]
async fn of_texts(texts: Vec<String>) -> Result<Vec<usize>, String> {
    Ok(texts.iter().map(String::len).collect())
}

#[cached(name = "batch-entries-lists", ttl = 60, batch = lists)]
async fn of_lists(lists: &[Vec<u8>]) -> Vec<Option<u8>> {
    lists.iter().map(|list| list.first().copied()).collect()
}

#[cached(name = "batch-entries-references", ttl = 60, batch = ids)]
async fn of_references(ids: &[&Id]) -> Vec<Result<u64, String>> {
    ids.iter().map(|id| if id.0 == 0 { Err("none".to_owned()) } else { Ok(id.0) }).collect()
}

#[tokio::test]
async fn companions_take_an_item_as_it_is_borrowed() {
    Caches::isolated()
        .scope(async {
            let texts = vec!["a".to_owned(), "bb".to_owned()];
            assert_eq!(of_texts(texts.clone()).await.unwrap(), [1, 2]);
            assert_eq!(of_texts::peek("bb").await, Some(2));
            of_texts::put("ccc", 33).await;
            assert_eq!(of_texts::peek_many(["ccc", "a"]).await, [Some(33), Some(1)]);
            assert_eq!(of_lists(&[vec![7, 8], vec![]]).await, [Some(7), None]);
            assert_eq!(of_lists::peek(&[7, 8]).await, Some(Some(7)));
            of_lists::put(&[9], None).await;
            assert_eq!(of_lists(&[vec![9], vec![7, 8]]).await, [None, Some(7)]);
            let outcomes = of_references(&[&Id(1), &Id(0)]).await;
            assert_eq!(outcomes, [Ok(1), Err("none".to_owned())]);
            assert_eq!(of_references::peek(&Id(1)).await, Some(1));
            assert_eq!(of_references::peek(&Id(0)).await, None, "an error is not stored");
            of_references::invalidate(&Id(1)).await;
            assert_eq!(of_references::peek(&Id(1)).await, None);
        })
        .await;
}

#[cached(name = "batch-entries-tagged", ttl = 60, batch = ids, tags(TENANT(tenant), OWNER(ids)))]
async fn tagged(tenant: u64, ids: &[u64]) -> Result<Vec<u64>, String> {
    Ok(ids.iter().map(|id| id + tenant).collect())
}

#[tokio::test]
async fn each_item_has_tags_of_its_own() {
    Caches::isolated()
        .scope(async {
            tagged(1, &[10, 20]).await.unwrap();
            tagged(2, &[10, 20]).await.unwrap();
            OWNER.invalidate(&10).await;
            assert_eq!(tagged::peek_many(1, [10, 20]).await, [None, Some(21)]);
            assert_eq!(tagged::peek_many(2, [10, 20]).await, [None, Some(22)]);
            TENANT.invalidate(&1).await;
            assert_eq!(tagged::peek_many(1, [10, 20]).await, [None, None]);
            assert_eq!(tagged::peek_many(2, [10, 20]).await, [None, Some(22)]);
        })
        .await;
}

type Calls = Mutex<Vec<Vec<u64>>>;

#[cached(name = "batch-entries-short", ttl = 60, none_ttl = 10, batch = ids, skip(calls))]
async fn known_for_shorter(ids: &[u64], calls: &Calls) -> HashMap<u64, u64> {
    calls.lock().unwrap().push(ids.to_vec());
    ids.iter().filter(|id| **id < 10).map(|id| (*id, *id)).collect()
}

#[cached(name = "batch-entries-long", ttl = 60, batch = ids, skip(calls))]
async fn known(ids: &[u64], calls: &Calls) -> Result<BTreeMap<u64, u64>, String> {
    calls.lock().unwrap().push(ids.to_vec());
    Ok(ids.iter().filter(|id| **id < 10).map(|id| (*id, *id)).collect())
}

#[tokio::test]
async fn a_missing_item_is_remembered_for_the_ttl_of_none_or_else_for_that_of_values() {
    let caches = Caches::isolated();
    let clock = caches.clock();
    clock.stop();
    caches
        .scope(async {
            let [shorter, calls] = [Calls::default(), Calls::default()];
            for seconds in [0, 9, 11, 61] {
                clock.advance(Duration::from_secs(seconds));
                assert_eq!(known_for_shorter(&[1, 99], &shorter).await, HashMap::from([(1, 1)]));
                assert_eq!(known(&[1, 99], &calls).await, Ok(BTreeMap::from([(1, 1)])));
            }
            assert_eq!(*shorter.lock().unwrap(), [vec![1, 99], vec![99], vec![1, 99]]);
            assert_eq!(*calls.lock().unwrap(), [[1, 99], [1, 99]]);
        })
        .await;
}

#[cached(cache = SHARED, batch = ids, skip(probe))]
async fn several(ids: &[u64], probe: &Probe) -> Result<Vec<usize>, String> {
    let run = probe.run().await;
    Ok(ids.iter().map(|_| run).collect())
}

#[cached(cache = SHARED, skip(probe))]
async fn one(_id: u64, probe: &Probe) -> Result<usize, String> {
    Ok(probe.run().await)
}

#[tokio::test]
async fn a_batch_and_a_call_for_one_item_share_its_load() {
    Caches::isolated()
        .scope(async {
            let [first, never, second] = [Probe::closed(), Probe::opened(), Probe::closed()];
            let opens = async |probe: &Probe, misses| {
                until(|| SHARED.stats().misses == misses).await;
                probe.open();
            };
            let joined = tokio::join!(several(&[1, 2], &first), one(2, &never), opens(&first, 3));
            assert_eq!((joined.0, joined.1), (Ok(vec![1, 1]), Ok(1)));
            let joined = tokio::join!(one(3, &second), several(&[3], &never), opens(&second, 5));
            assert_eq!((joined.0, joined.1), (Ok(1), Ok(vec![1])));
            assert_eq!((first.runs(), never.runs(), second.runs()), (1, 0, 1));
            assert_eq!(SHARED.stats().batch.joined, 1);
        })
        .await;
}

#[cached(name = "batch-entries-counted", ttl = 60, batch = ids, cost = 0.5)]
async fn counted(ids: &[u64]) -> Result<Vec<u64>, String> {
    Ok(ids.to_vec())
}

#[test]
fn metrics_have_the_sizes_of_batches_and_each_kind_of_money() {
    let recorder = Recorder::default();
    let caches = Caches::isolated();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(caches.scope(async {
            counted(&[1, 2, 1]).await.unwrap();
            counted(&[2]).await.unwrap();
        }));
        caches.flush_metrics();
    });
    let batches = recorder.value(r#"cache_batch_size{cache="batch-entries-counted"}"#);
    assert_eq!(batches, Some(2), "a sample for each call");
    let kinds = [
        ("spent", 2),
        ("saved_hit", 1),
        ("saved_coalesced", 0),
        ("saved_dedup", 1),
        ("refresh", 0),
    ];
    for (kind, halves) in kinds {
        let labels = format!(r#"{{cache="batch-entries-counted",kind="{kind}"}}"#);
        let nanos = recorder.value(&format!("cache_cost_nanos_total{labels}"));
        assert_eq!(nanos, Some(halves * 500_000_000), "{kind}");
    }
}
