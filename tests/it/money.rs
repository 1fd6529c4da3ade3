//! The messages about the bill of a cache.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use cachery::{Caches, cached, health::Status};
use cachery_test_support::{Log, Recorder};

#[cached(name = "money-wrong", ttl = 3600, cost = |cost| *cost)]
async fn wrong(bits: u64) -> f64 {
    f64::from_bits(bits)
}

#[cached(name = "money-refreshed", ttl = 3600, cost = 0.5)]
async fn refreshed(id: u64) -> u64 {
    id
}

#[tokio::test]
async fn a_wrong_cost_is_told_once() {
    let caches = Caches::isolated();
    let (log, recorder) = (Log::default(), Recorder::default());
    let _kept = log.of_thread();
    caches
        .scope(async {
            for cost in [-0.1, f64::NAN, f64::NEG_INFINITY, 2.0] {
                wrong(cost.to_bits()).await;
            }
            let money = wrong::cache().stats().money;
            assert_eq!((money.wrong_costs, money.spent), (3, 2_000_000_000));
        })
        .await;
    assert_eq!(
        log.count("a load of `money-wrong` is negative or not a number"),
        1,
        "{}",
        log.text()
    );
    let health = caches.health().await;
    assert_eq!(health.status, Status::Up);
    let notes: Vec<_> = health.notes.iter().filter(|note| note.contains("money-wrong")).collect();
    assert!(matches!(&*notes, [note] if note.contains("3 loads")), "{notes:?}");
    metrics::with_local_recorder(&recorder, || caches.flush_metrics());
    let spent = recorder.value(r#"cache_cost_nanos_total{cache="money-wrong",kind="spent"}"#);
    assert_eq!(spent, Some(2_000_000_000));
}

#[tokio::test]
async fn a_cache_that_is_refreshed_more_than_it_is_asked_says_so() {
    let caches = Caches::builder().isolated().cost_unit("EUR").build().await.unwrap();
    caches
        .scope(async {
            refreshed(1).await;
            assert_eq!(refreshed(1).await, 1);
            for _ in 0..3 {
                refreshed::refresh(1).await;
            }
        })
        .await;
    let report = caches.report();
    assert_eq!((&*report.cost_unit, report.ledger.unwrap().saved), ("EUR", -1_000_000_000));
    let notes = caches.health().await.notes;
    let expected = "`money-refreshed` costs 1.000000000 EUR more than it saves";
    assert!(notes.iter().any(|note| note.starts_with(expected)), "{notes:?}");
}

#[cached(name = "money-read", ttl = 3600, cost = 101e-9)]
fn read(id: u64) -> u64 {
    id
}

#[test]
fn a_bill_that_is_read_while_loads_end_is_right_to_one_nano_unit() {
    let caches = Caches::isolated();
    let is_over = AtomicBool::new(false);
    caches.sync_scope(|| read(1));
    let reads = thread::scope(|threads| {
        let reading = threads.spawn(|| {
            let mut reads = 0;
            while !is_over.load(Relaxed) {
                let money = caches.sync_scope(|| read::cache().stats().money);
                // Nobody has asked for the refreshes.
                assert_eq!(money.would_have_spent(), 101);
                assert_eq!(money.spent, money.refresh + 101);
                reads += 1;
            }
            reads
        });
        caches.sync_scope(|| (0..20_000).for_each(|_| _ = read::refresh(1)));
        is_over.store(true, Relaxed);
        reading.join()
    });
    assert!(reads.expect("each bill was right") > 100);
}
