//! Servers that do not push, and whose feed tells of changes.

use std::{sync::Arc, time::Duration};

use cachery_core::{Push, Status};
use cachery_test_support::Server;

use super::{super::Servers, harness::*};
use crate::server::FeedNames;

const FEED: &str = "p#changes";

/// Lines of servers that do not push, by a right and by their protocol.
const WITHOUT_PUSHES: [&str; 2] =
    ["user default on nopass ~* &* +@all -client|tracking", "rename-command HELLO \"\""];

struct Place {
    redis: Server,
    servers: Arc<Servers>,
    hooks: Arc<HookLog>,
}

impl Place {
    async fn start(line: &str) -> Self {
        let redis = Server::with(|config| config.line(line)).await;
        let names = FeedNames { feed: FEED.into(), slot: 0, pulses: b"p#pulses".to_vec() };
        let (servers, hooks) = open_with_feed(&redis.url(), names);
        servers.connected(LONG).await.unwrap();
        wait_until("it is heard", || servers.receives_invalidations());
        Self { redis, servers, hooks }
    }

    /// Counts on, as scripts do, and publishes the change where it `is_heard`.
    async fn change(&self, name: &str, is_heard: bool) {
        let feed: String = self.redis.ask(&["GET", FEED]).await;
        let (epoch, number) = feed.split_once(':').unwrap();
        let feed = format!("{epoch}:{}", number.parse::<u64>().unwrap() + 1);
        self.redis.tell(&["SET", FEED, &feed, "KEEPTTL"]).await;
        if is_heard {
            self.redis.tell(&["PUBLISH", FEED, &format!("{feed} {name}")]).await;
        }
    }

    fn hears(&self, line: &str) {
        wait_until(line, || self.hooks.count(line) > 0);
    }

    fn flushes(&self) -> usize {
        self.hooks.count("flushed")
    }
}

#[tokio::test]
async fn a_server_that_does_not_push_tells_of_changes_by_its_feed() {
    for line in WITHOUT_PUSHES {
        let place = Place::start(line).await;
        let health = place.servers.health().await.remove(0);
        assert_eq!((health.push, health.status), (Push::Subscribed, Status::Up), "{line}");
        assert_eq!(health.staleness, Some(Duration::from_secs(1)));
        assert!(health.notes[0].contains("pub/sub"), "{:?}", health.notes);
        let restored = place.hooks.count("restored");
        for name in ["p:a", "p:b", "p:c"] {
            place.change(name, true).await;
            place.hears(name);
        }
        // Anybody may publish anything.
        place.redis.tell(&["PUBLISH", FEED, "odd"]).await;
        place.change("p:d", true).await;
        place.hears("p:d");
        assert_eq!((place.flushes(), restored), (0, 1), "nothing was missed");
    }
}

#[tokio::test]
async fn a_change_that_was_lost_is_noticed_by_the_next_or_by_a_pulse() {
    let place = Place::start(WITHOUT_PUSHES[0]).await;
    place.change("p:lost", false).await;
    place.change("p:next", true).await;
    place.hears("p:next");
    assert_eq!(place.flushes(), 1, "the gap is noticed before the next is passed on");
    place.change("p:lost", false).await;
    wait_until("a pulse shows it", || place.flushes() == 2);
    place.redis.tell(&["DEL", FEED]).await;
    wait_until("another epoch shows that the feed was lost", || place.flushes() == 3);
    place.change("p:after", true).await;
    place.hears("p:after");
    assert_eq!(place.hooks.count("p:lost"), 0);
    assert!(place.servers.receives_invalidations());
}

#[tokio::test]
async fn silence_empties_memory_and_ends_the_trust_in_it() {
    let place = Place::start(WITHOUT_PUSHES[0]).await;
    place.redis.tell(&["ACL", "SETUSER", "default", "-publish"]).await;
    wait_until("no pulse comes", || place.flushes() > 0);
    wait_until("nothing is received", || !place.servers.receives_invalidations());
    until_true("health says so", async || {
        let health = place.servers.health().await.remove(0);
        health.push == Push::Forbidden && health.problems[0].contains("+client|tracking")
    })
    .await;
    assert!(ask(&place.servers, &["PING"]).await.is_ok(), "it serves all the same");
}

#[tokio::test]
async fn nothing_is_published_where_nobody_listens() {
    let redis = Server::start().await;
    let names = FeedNames { feed: FEED.into(), slot: 0, pulses: b"p#pulses".to_vec() };
    let (servers, _) = open_with_feed(&redis.url(), names);
    servers.connected(LONG).await.unwrap();
    let health = servers.health().await.remove(0);
    assert_eq!((health.push, health.staleness), (Push::Up, Some(Duration::from_secs(2))));
    assert!(!redis.ask::<bool>(&["EXISTS", FEED]).await, "a server that pushes has no feed");
}
