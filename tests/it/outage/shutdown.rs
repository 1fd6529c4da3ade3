//! A shutdown finishes what is queued, or says what is lost. A queue empties by itself.

use std::time::{Duration, Instant};

use cachery::{
    Backend, Caches, Invalidation, caches,
    health::{Breaker, Shutdown, Status},
};
use cachery_test_support::{Direction::Requests, Log, Recorder, eventually};

use super::{
    functions::number,
    place::{BUDGET, PATIENCE, Place, becomes, returns, stored},
};

caches! {
    static MANY: Cache<u64, u64> = { name: "outage-many", ttl: "1h" };
}

/// The time for which a shutdown of these tests waits for a server that does not come back.
pub(crate) const A_MOMENT: Duration = Duration::from_millis(300);
/// Longer than a shutdown should ever take.
pub(crate) const LONG: Duration = Duration::from_secs(10);
/// The time after the server's return in which a queue is done on a busy machine. `tests/soak`
/// holds a queue to its second.
const SOON: Duration = Duration::from_secs(10);

/// Returns a node that calls wait for as briefly as by default.
async fn node(place: &Place) -> Caches {
    place.node_with(Backend::Tiered, |builder| builder.remote_deadline(BUDGET)).await
}

/// Stores a value, takes the server away and invalidates the value on the node that is returned.
async fn queued(place: &Place, take_away: impl FnOnce(&Place)) -> Caches {
    let node = node(place).await;
    stored(place, &node).await;
    take_away(place);
    assert_eq!(returns(node.scope(number::invalidate(1))).await, Invalidation::Queued);
    node
}

async fn shut_down(node: &Caches, within: Duration) -> (usize, usize) {
    let Shutdown { done, lost, .. } = returns(node.shutdown(within)).await;
    (done, lost)
}

#[tokio::test]
async fn a_shutdown_with_nothing_to_do_returns_at_once() {
    let place = Place::start().await;
    assert_eq!(shut_down(&node(&place).await, LONG).await, (0, 0));
    assert_eq!(shut_down(&Caches::isolated(), LONG).await, (0, 0));
}

#[tokio::test]
async fn a_shutdown_finishes_what_is_queued_when_the_server_comes_back() {
    let take_away: [fn(&Place); 3] = [
        |place| place.proxy.refuse(),
        |place| place.proxy.stall(Requests),
        |place| place.server.freeze(),
    ];
    for take_away in take_away {
        let place = Place::start().await;
        let node = queued(&place, take_away).await;
        let back = async {
            tokio::time::sleep(A_MOMENT).await;
            place.proxy.pass();
            place.server.thaw();
        };
        let (outcome, ()) = tokio::join!(shut_down(&node, LONG), back);
        assert!(outcome.0 >= 1, "{outcome:?}");
        assert_eq!(outcome.1, 0);
        assert_eq!(place.direct_node().await.scope(number::peek(1)).await, None);
    }
}

#[tokio::test]
async fn a_shutdown_says_what_is_lost_in_its_outcome_a_log_line_and_a_metric() {
    let take_away: [fn(&Place); 2] =
        [|place| place.proxy.refuse(), |place| place.proxy.stall(Requests)];
    for take_away in take_away {
        let place = Place::start().await;
        let node = queued(&place, take_away).await;
        let (log, recorder) = (Log::default(), Recorder::default());
        let lost_before = lost_total(&node, &recorder);
        let guard = log.of_thread();
        assert_eq!(shut_down(&node, A_MOMENT).await, (0, 1));
        assert_eq!(shut_down(&node, A_MOMENT).await, (0, 1), "it is still so");
        drop(guard);
        assert!(log.text().contains("lost=1"), "{}", log.text());
        assert!(lost_total(&node, &recorder) > lost_before);
        let direct = place.direct_node().await;
        assert_eq!(direct.scope(number::peek(1)).await, Some(1), "so nothing was promised");
    }
}

/// Returns the total of lost invalidations of the process.
fn lost_total(node: &Caches, recorder: &Recorder) -> u64 {
    metrics::with_local_recorder(recorder, || node.flush_metrics());
    recorder.value("cache_invalidations_lost_total{}").expect("it exists from the start")
}

#[tokio::test]
async fn a_registry_that_is_dropped_says_what_is_lost_with_it() {
    let place = Place::start().await;
    let node = queued(&place, |place| place.proxy.refuse()).await;
    becomes(&node, "it is cut off", |health| health.servers[0].breaker == Breaker::Open).await;
    let log = Log::default();
    let _guard = log.of_thread();
    drop(node);
    assert!(log.text().contains("lost=1"), "{}", log.text());
}

#[tokio::test]
async fn length_and_age_of_the_queue_are_metrics() {
    let place = Place::start().await;
    let recorder = Recorder::default();
    let flush = |node: &Caches| metrics::with_local_recorder(&recorder, || node.flush_metrics());
    flush(&Caches::isolated());
    for gauge in ["cache_queue_length{}", "cache_queue_oldest_seconds{}"] {
        assert_eq!(recorder.value(gauge), Some(0), "{gauge}");
    }
    let node = queued(&place, |place| place.proxy.refuse()).await;
    flush(&node);
    assert_eq!(recorder.value("cache_queue_length{}"), Some(1));
    eventually("its age grows", PATIENCE, async || {
        flush(&node);
        recorder.value("cache_queue_oldest_seconds{}").filter(|age| *age >= 1)
    })
    .await;
    place.proxy.pass();
    becomes(&node, "its health is good", |health| health.status == Status::Up).await;
    flush(&node);
    assert_eq!(recorder.value("cache_queue_length{}"), Some(0));
}

#[tokio::test]
async fn the_queue_of_an_idle_node_is_done_soon_after_the_servers_return() {
    for (count, outage) in [(1, 0), (1, 2), (3, 4), (500, 1), (9_000, 1), (100_000, 1)] {
        let place = Place::start().await;
        let (node, direct) = (node(&place).await, place.direct_node().await);
        let keys: Vec<u64> = (0..count).collect();
        direct.scope(MANY.put(&0, 1)).await;
        direct.scope(MANY.put(&(count - 1), 1)).await;
        place.proxy.refuse();
        let reach = returns(node.scope(MANY.invalidate_many(&keys))).await;
        assert_eq!(reach, Invalidation::Queued);
        tokio::time::sleep(Duration::from_secs(outage)).await;
        place.proxy.pass();
        let began = Instant::now();
        for key in [0, count - 1] {
            eventually("it is invalidated", PATIENCE, async || {
                direct.scope(MANY.get(&key)).await.is_none().then_some(())
            })
            .await;
        }
        assert!(began.elapsed() < SOON, "{count} keys: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_server_that_is_well_takes_any_number_of_keys_and_nothing_is_queued() {
    let place = Place::start().await;
    let node = place.node(Backend::Redis).await;
    for count in [1, 1_000, 10_000, 100_000] {
        let keys: Vec<u64> = (0..count).collect();
        let before = place.server.calls("evalsha").await;
        let reach = node.scope(MANY.invalidate_many(&keys)).await;
        assert_eq!(reach, Invalidation::Everywhere);
        let runs = place.server.calls("evalsha").await - before;
        assert_eq!(runs, count, "one run of the script for each key, and no more");
    }
}
