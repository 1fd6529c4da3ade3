//! E9: what the remote tier cannot keep is told once, and not tried again on every call.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use cachery::{Backend, cached, caches, health::Status};
use cachery_test_support::{Log, Probe, Recorder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::contract::place::Place;

/// A session whose requests serde does not see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Session {
    user: u64,
    #[serde(skip)]
    requests: u64,
}

#[cached(name = "exact-session", ttl = 3600, skip(probe))]
async fn session(user: u64, probe: &Probe) -> Session {
    Session { user, requests: probe.run().await as u64 }
}

#[cached(name = "exact-session-or-error", ttl = 3600, skip(probe))]
async fn session_or_error(user: u64, probe: &Probe) -> Result<Session, String> {
    Ok(Session { user, requests: probe.run().await as u64 })
}

caches! {
    static SESSIONS: Cache<u64, Session> = { name: "exact-sessions", ttl: "1h" };
}

/// A skipped field is lost in Redis only. So the value stays out of it, and memory keeps it whole.
#[tokio::test]
async fn a_skipped_field_is_the_same_in_memory_and_is_not_sent_to_redis() {
    let place = Place::standalone(Backend::Tiered).await;
    let probe = Probe::opened();
    let [first, second] = [place.node().await, place.node().await];
    let on = async |node: &cachery::Caches| {
        node.scope(async { [session(1, &probe).await.requests, session(1, &probe).await.requests] })
            .await
    };
    assert_eq!((on(&first).await, on(&second).await), ([1, 1], [2, 2]));
    assert!(place.values("exact-session").await.is_empty());
    let stats = first.sync_scope(|| session::cache().stats());
    assert_eq!((stats.remote.unstorable.not_equal, stats.remote.oversized), (1, 1));
}

#[tokio::test]
async fn the_equality_of_a_value_is_found_in_a_result_and_in_a_declared_cache() {
    let place = Place::standalone(Backend::Redis).await;
    let node = place.node().await;
    node.scope(async {
        assert!(session_or_error(1, &Probe::opened()).await.is_ok());
        SESSIONS.put(&1, Session { user: 1, requests: 1 }).await;
    })
    .await;
    for cache in ["exact-session-or-error", "exact-sessions"] {
        assert!(place.values(cache).await.is_empty(), "{cache}");
    }
}

#[tokio::test]
async fn what_is_not_stored_is_told_once_by_log_metric_and_health() {
    let place = Place::standalone(Backend::Redis).await;
    let node = place.node().await;
    let log = Log::default();
    let recorder = Recorder::default();
    let _kept = log.of_thread();
    let probe = Probe::opened();
    for _ in 0..3 {
        node.scope(session(2, &probe)).await;
    }
    assert_eq!(probe.runs(), 3);
    assert_eq!(log.count("`exact-session` is not stored in the remote tier"), 1, "{}", log.text());
    assert_eq!(log.count("its function runs on each call"), 1, "{}", log.text());
    metrics::with_local_recorder(&recorder, || node.flush_metrics());
    let metric = r#"cache_unstorable_total{cache="exact-session",reason="not-equal"}"#;
    assert_eq!(recorder.value(metric), Some(3));
    let other = r#"cache_unstorable_total{cache="exact-session",reason="too-deep"}"#;
    assert_eq!(recorder.value(other), Some(0), "it exists from the start");
    let health = node.health().await;
    assert_eq!(health.status, Status::Up);
    let notes: Vec<_> =
        health.notes.iter().filter(|note| note.contains("exact-session`")).collect();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("#[serde(skip)]"), "{notes:?}");
}

static WRITES: AtomicUsize = AtomicUsize::new(0);

/// A value that counts how often it is written and comes back as another one.
#[derive(Clone, Debug, PartialEq)]
struct Counted(bool);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WRITES.fetch_add(1, SeqCst);
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Self(false))
    }
}

#[cached(name = "exact-counted", ttl = 3600)]
async fn counted(good: bool) -> Counted {
    Counted(good)
}

/// It is tried again after a while: the next value may be one that can be stored.
#[tokio::test]
async fn what_is_not_stored_is_not_encoded_on_every_call() {
    let place = Place::standalone(Backend::Redis).await;
    let node = place.node().await;
    node.scope(async {
        let writes = async || {
            let before = WRITES.load(SeqCst);
            counted(true).await;
            WRITES.load(SeqCst) - before
        };
        assert!(writes().await > 0);
        assert_eq!((writes().await, writes().await), (0, 0));
        node.clock().advance(std::time::Duration::from_secs(31));
        assert!(writes().await > 0);
        counted::put(true, Counted(false)).await;
        assert_eq!((writes().await, counted(true).await), (0, Counted(false)), "a put is tried");
    })
    .await;
}
