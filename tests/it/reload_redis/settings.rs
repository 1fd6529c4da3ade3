//! The settings that a reload changes, and those that need a restart.

use std::time::Duration;

use cachery::{Backend, Invalidation, health::Status};
use cachery_test_support::{Probe, Server, eventually};

use super::node::{Node, PATIENCE, SHARED, fields, number, returns, text};

const MINUTE: Duration = Duration::from_secs(60);

/// Returns the keys of all values.
async fn values(server: &Server) -> Vec<String> {
    server.ask(&["KEYS", "*}"]).await
}

/// Returns the time that the only value has left in Redis.
async fn lifetime(server: &Server) -> Duration {
    let values = values(server).await;
    let [key] = &*values else { panic!("one value: {values:?}") };
    Duration::from_millis(server.ask(&["PTTL", key]).await)
}

#[tokio::test]
async fn a_new_ttl_is_for_later_fills() {
    for backend in SHARED {
        let (server, probe) = (Server::start().await, Probe::opened());
        let node = Node::start(&server.url(), backend, "").await;
        node.number(1, &probe).await;
        let report = node.reload("cache.reload-redis-number.ttl = '2h'").await;
        assert_eq!(fields(&report.changed), ["ttl"]);
        assert!(lifetime(&server).await <= 10 * MINUTE, "it keeps the life that it was given");
        assert_eq!(node.number(1, &probe).await, 1, "it is not lost");
        returns(node.caches.scope(number::refresh(1, &probe))).await;
        let life = lifetime(&server).await;
        assert!(life > 119 * MINUTE && life <= 120 * MINUTE, "{life:?}");
        node.caches.clock().advance(60 * MINUTE);
        assert_eq!(node.number(1, &probe).await, 2);
    }
}

#[tokio::test]
async fn a_new_codec_and_a_new_size_are_for_later_fills() {
    let server = Server::start().await;
    let node = Node::start(&server.url(), Backend::Redis, "").await;
    let stored = async |length| {
        node.caches.scope(text(length)).await;
        values(&server).await.len()
    };
    assert_eq!(stored(2_000).await, 1);
    let report = node
        .reload("[cache.reload-redis-text]\ncodec = 'json'\nmax_value_size = '1KiB'\nlease = false")
        .await;
    assert_eq!(fields(&report.changed), ["codec", "lease", "max_value_size"]);
    assert_eq!(stored(2_001).await, 1, "it is too large now");
    assert_eq!(stored(500).await, 2);
    let direct = Node::start(&server.url(), Backend::Redis, "").await;
    for length in [2_000, 500] {
        assert_eq!(
            direct.caches.scope(text::peek(length)).await.map(|text| text.len()),
            Some(length)
        );
    }
}

#[tokio::test]
async fn a_new_capacity_loses_nothing_that_redis_holds_and_pushes_find_what_moved() {
    let (server, probe) = (Server::start().await, Probe::opened());
    let node = Node::start(&server.url(), Backend::Tiered, "").await;
    for id in 0..300 {
        node.number(id, &probe).await;
    }
    let from_redis = || node.caches.sync_scope(number::cache).stats().remote.hits;
    for (capacity, asks) in [(20_000, false), (50, true)] {
        node.reload(&format!("cache.reload-redis-number.capacity = {capacity}")).await;
        for id in 0..300 {
            node.number(id, &probe).await;
        }
        assert_eq!(probe.runs(), 300, "with room for {capacity}");
        assert_eq!(from_redis() > 0, asks, "with room for {capacity}");
    }
    let other = Node::start(&server.url(), Backend::Tiered, "").await;
    node.reload("").await;
    for id in 0..300 {
        assert!(node.peek(id).await.is_some());
        assert_eq!(other.caches.scope(number::invalidate(id)).await, Invalidation::Everywhere);
    }
    for id in 0..300 {
        eventually("the push has come", PATIENCE, async || {
            node.peek(id).await.is_none().then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_cache_that_is_off_uses_no_redis_and_what_is_invalidated_meanwhile_stays_so() {
    for backend in SHARED {
        let (server, probe) = (Server::start().await, Probe::opened());
        let node = Node::start(&server.url(), backend, "").await;
        for id in 1..=2 {
            node.number(id, &probe).await;
        }
        let report = node.reload("cache.reload-redis-number.enabled = false").await;
        assert_eq!(fields(&report.changed), ["enabled"]);
        assert_eq!(
            (node.number(1, &probe).await, node.number(3, &probe).await),
            (3, 4),
            "each call runs"
        );
        assert_eq!((node.peek(1).await, values(&server).await.len()), (None, 2));
        assert_eq!(node.caches.scope(number::invalidate(2)).await, Invalidation::Everywhere);
        node.reload("").await;
        assert_eq!(
            (node.number(1, &probe).await, node.number(2, &probe).await),
            (1, 5),
            "{backend}"
        );
    }
}

/// A cache that is off does not store, and the entry that it held is older than the value that was
/// put.
#[tokio::test]
async fn what_is_put_while_a_cache_is_off_invalidates_the_old_value() {
    for backend in [Backend::Memory, Backend::Redis, Backend::Tiered] {
        let (server, probe) = (Server::start().await, Probe::opened());
        let node = Node::start(&server.url(), backend, "").await;
        node.number(1, &probe).await;
        node.reload("enabled = false").await;
        node.caches.scope(number::put(1, 7)).await;
        node.reload("").await;
        assert_eq!(node.peek(1).await, None, "{backend}");
    }
}

#[tokio::test]
async fn settings_of_redis_wait_for_a_restart_and_are_named() {
    for backend in SHARED {
        let (server, elsewhere, probe) =
            (Server::start().await, Server::start().await, Probe::opened());
        let node = Node::start_by_file(backend, &format!("redis.url = '{}'", server.url())).await;
        let certificates = elsewhere.certificates();
        let text = format!(
            "[cache.reload-redis-number]\nbackend = 'memory'\n[redis]\nurl = 'rediss://127.0.0.1:{}'\nca = {:?}\ncert = {:?}\nkey = {:?}\n\
             prefix = 'b'\nkey_secret = 'hunter2-hunter2-'\nrequired = true\nfallback = 'off'\nremote_deadline = '7s'\n\
             outage_ttl = '7s'",
            elsewhere.port(),
            certificates.authority,
            certificates.client,
            certificates.client_key,
        );
        let report = node.reload(&text).await;
        assert_eq!(fields(&report.changed), [""; 0]);
        let mut named = fields(&report.needs_restart);
        named.sort_unstable();
        let all = [
            "backend",
            "ca",
            "cert",
            "fallback",
            "key",
            "key_secret",
            "outage_ttl",
            "prefix",
            "remote_deadline",
            "required",
            "url",
        ];
        assert_eq!(named, all);
        let shown = format!("{report:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains(&elsewhere.port().to_string()),
            "{shown}"
        );

        node.number(1, &probe).await;
        let direct = Node::start(&server.url(), Backend::Redis, "").await;
        assert_eq!(direct.peek(1).await, Some(1), "all is as it was");
        assert!(elsewhere.connections().await.is_empty());
    }
}

#[tokio::test]
async fn a_rotated_password_is_in_use_after_a_reload() {
    for backend in SHARED {
        let redis = Server::with(|config| config.user("app", "hunter1", "~* &* +@all")).await;
        let [old, new] = ["hunter1", "hunter2"]
            .map(|password| format!("redis.url = 'redis://app:{password}@{}'", redis.address()));
        let (node, probe) = (Node::start_by_file(backend, &old).await, Probe::opened());
        node.number(1, &probe).await;
        redis.tell(&["ACL", "SETUSER", "app", "resetpass", ">hunter2"]).await;
        redis.tell(&["CLIENT", "KILL", "USER", "app"]).await;
        let report = node.reload(&new).await;
        assert_eq!(fields(&report.changed), ["url"]);
        assert_eq!(fields(&report.needs_restart), [""; 0]);
        assert!(!format!("{report:?}").contains("hunter"));
        eventually("it is back", PATIENCE, async || {
            (node.caches.health().await.status == Status::Up).then_some(())
        })
        .await;
        assert_eq!(node.reload(&new).await.changed, [], "nothing is new the second time");
        let elsewhere = new.replace("@127.0.0.1:", "@localhost:");
        assert_eq!(fields(&node.reload(&elsewhere).await.needs_restart), ["url"]);
    }
}

#[tokio::test]
async fn a_wrong_file_changes_nothing_and_all_its_faults_are_named() {
    for backend in SHARED {
        let (server, probe) = (Server::start().await, Probe::opened());
        let node = Node::start(&server.url(), backend, "").await;
        node.number(1, &probe).await;
        let wrong = "enabled = false\n[cache.reload-redis-number]\nttl = 'soon'\ncapacity = 0\n[redis]\nprefix = 'a b'\nkey_secret = 'hunter2'";
        let error = node.try_reload(wrong).await.expect_err("four faults").to_string();
        for line in [3, 4, 6, 7] {
            assert!(error.contains(&format!("{}:{line} ", node.file())), "{line}: {error}");
        }
        assert!(error.starts_with("4 faults") && !error.contains("hunter2"), "{error}");
        assert_eq!(node.number(1, &probe).await, 1, "{backend}: all is as it was");
    }
}
