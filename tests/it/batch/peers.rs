//! The mistakes of others, each of which gave one item another's value, or asked twice for it.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use cachery::{Caches, WrongLength, cached};

type Calls = Mutex<Vec<Vec<u64>>>;

/// A provider that answers in another order than it was asked in.
#[cached(name = "peers-reordered", ttl = 60, batch = ids, skip(calls))]
async fn reordered(ids: &[u64], calls: &Calls) -> HashMap<u64, String> {
    calls.lock().unwrap().push(ids.to_vec());
    ids.iter().rev().filter(|id| **id != 404).map(|id| (*id, format!("value {id}"))).collect()
}

/// A provider that leaves out what it does not know.
#[cached(name = "peers-short", ttl = 60, batch = ids, skip(calls))]
async fn short(ids: &[u64], calls: &Calls) -> Result<Vec<String>, WrongLength> {
    calls.lock().unwrap().push(ids.to_vec());
    Ok(ids.iter().filter(|id| **id != 404).map(|id| format!("value {id}")).collect())
}

fn values(ids: &[u64]) -> Vec<String> {
    ids.iter().map(|id| format!("value {id}")).collect()
}

#[tokio::test]
async fn litellm_a_provider_that_answers_out_of_order_changes_no_value() {
    let calls = Calls::default();
    Caches::isolated()
        .scope(async {
            for ids in [[3, 1, 2], [5, 1, 4]] {
                let found = reordered(&ids, &calls).await;
                assert!(ids.iter().all(|id| found[id] == format!("value {id}")));
            }
        })
        .await;
}

#[tokio::test]
async fn llama_index_hits_between_misses_stay_in_their_places() {
    let calls = Calls::default();
    Caches::isolated()
        .scope(async {
            assert_eq!(short(&[2, 4], &calls).await.unwrap(), values(&[2, 4]));
            let ids = [1, 2, 3, 4, 5];
            assert_eq!(short(&ids, &calls).await.unwrap(), values(&ids));
            assert_eq!(*calls.lock().unwrap(), [vec![2, 4], vec![1, 3, 5]]);
        })
        .await;
}

#[tokio::test]
async fn identity_cache_a_missing_record_shifts_no_other() {
    let calls = Calls::default();
    Caches::isolated()
        .scope(async {
            let wrong = short(&[1, 404, 2], &calls).await.unwrap_err();
            assert_eq!((wrong.asked(), wrong.returned()), (3, 2));
            assert_eq!(short::peek_many([1, 404, 2]).await, [None, None, None]);
            let found = reordered(&[1, 404, 2], &calls).await;
            assert_eq!((found.len(), &*found[&2]), (2, "value 2"));
            assert_eq!(reordered::peek(404).await, Some(None));
        })
        .await;
}

#[tokio::test]
async fn aiocache_a_hit_keeps_the_life_that_it_has_left() {
    let calls = Calls::default();
    let caches = Caches::isolated();
    let clock = caches.clock();
    clock.stop();
    caches
        .scope(async {
            short(&[1], &calls).await.unwrap();
            for _ in 0..7 {
                clock.advance(Duration::from_secs(10));
                short(&[1, 2], &calls).await.unwrap();
            }
            // Its ttl was over within the minute, however often it was asked for.
            assert_eq!(calls.lock().unwrap().iter().filter(|ids| ids.contains(&1)).count(), 2);
        })
        .await;
}

#[tokio::test]
async fn langchain_an_item_that_is_named_twice_is_asked_for_once() {
    let calls = Calls::default();
    Caches::isolated()
        .scope(async {
            assert_eq!(short(&[7, 8, 7, 7], &calls).await.unwrap(), values(&[7, 8, 7, 7]));
            assert_eq!(*calls.lock().unwrap(), [vec![7, 8]]);
        })
        .await;
}

#[tokio::test]
async fn langchain_a_short_answer_is_an_error_and_leaves_no_holes() {
    let calls = Calls::default();
    Caches::isolated()
        .scope(async {
            short(&[1], &calls).await.unwrap();
            assert!(short(&[1, 404], &calls).await.is_err());
            assert_eq!(short(&[1], &calls).await.unwrap(), values(&[1]));
        })
        .await;
}
