//! K5: the instances of a generic function never get each other's values, though keys in Redis name
//! types without paths.

use cachery::{Backend, Caches, cached, health::Status};
use cachery_test_support::{Log, Recorder};

use crate::contract::place::Place;

trait Table {
    const NAME: &'static str;
}

mod orders {
    pub(super) struct Row;

    impl super::Table for Row {
        const NAME: &'static str = "orders";
    }
}

mod users {
    pub(super) struct Row;

    impl super::Table for Row {
        const NAME: &'static str = "users";
    }
}

#[cached(name = "exact-rows", ttl = 3600)]
async fn rows<T: Table>(text: &str) -> String {
    format!("{} {}", T::NAME, text.len())
}

/// The arguments, so short that they are the key, and so long that a digest stands for them.
fn texts() -> [String; 2] {
    [10, 1000].map(|length| "x".repeat(length))
}

fn loads(node: &Caches) -> u64 {
    node.sync_scope(|| rows::cache().stats().loads)
}

/// Each node is a process that knows nothing of the other's types, as after a restart.
#[tokio::test]
async fn an_instance_never_reads_what_another_process_has_stored_for_a_type_of_that_name() {
    for backend in [Backend::Redis, Backend::Tiered] {
        let place = Place::standalone(backend).await;
        let [first, second, third] = [place.node().await, place.node().await, place.node().await];
        for text in texts() {
            let expected = ["orders", "users"].map(|name| format!("{name} {}", text.len()));
            assert_eq!(first.scope(rows::<orders::Row>(&text)).await, expected[0]);
            assert_eq!(second.scope(rows::<users::Row>(&text)).await, expected[1]);
            assert_eq!(third.scope(rows::<orders::Row>(&text)).await, expected[0]);
        }
        assert_eq!((loads(&second), loads(&third)), (2, 0), "{backend:?}");
    }
}

#[tokio::test]
async fn two_instances_of_one_process_stay_out_of_redis_and_that_is_told_once() {
    let place = Place::standalone(Backend::Tiered).await;
    let node = place.node().await;
    let (log, recorder) = (Log::default(), Recorder::default());
    let _kept = log.of_thread();
    node.scope(async {
        for text in texts() {
            assert_eq!(rows::<orders::Row>(&text).await, format!("orders {}", text.len()));
        }
        assert_eq!(place.values("exact-rows").await.len(), 2, "nobody is alike yet");
        for text in texts() {
            for _ in 0..2 {
                assert_eq!(rows::<users::Row>(&text).await, format!("users {}", text.len()));
            }
            rows::refresh::<orders::Row>(&text).await;
            rows::put::<users::Row>(&text, "put".to_owned()).await;
            assert_eq!(rows::<orders::Row>(&text).await, format!("orders {}", text.len()));
            assert_eq!(rows::<users::Row>(&text).await, "put", "memory keeps them");
        }
    })
    .await;
    assert!(place.values("exact-rows").await.is_empty(), "a refresh has removed the old ones");
    assert_eq!(log.count("`exact-rows` is not stored in the remote tier"), 1, "{}", log.text());
    assert_eq!(log.count("differ only by their paths"), 1, "{}", log.text());
    metrics::with_local_recorder(&recorder, || node.flush_metrics());
    let metric = r#"cache_unstorable_total{cache="exact-rows",reason="alike-types"}"#;
    assert!(recorder.value(metric) > Some(0));
    let health = node.health().await;
    assert_eq!(health.status, Status::Up);
    let notes = health.notes.iter().filter(|note| note.contains("`exact-rows`"));
    assert_eq!(notes.count(), 1, "{:?}", health.notes);
}

/// The token has no paths, so an invalidation reaches an instance whose type has moved since.
#[tokio::test]
async fn an_invalidation_reaches_the_instance_of_a_release_in_which_the_type_stood_elsewhere() {
    let place = Place::standalone(Backend::Redis).await;
    let [old, new] = [place.node().await, place.node().await];
    for text in texts() {
        old.scope(rows::<orders::Row>(&text)).await;
        new.scope(rows::invalidate::<users::Row>(&text)).await;
        old.scope(rows::<orders::Row>(&text)).await;
    }
    assert_eq!(loads(&old), 4);
}
