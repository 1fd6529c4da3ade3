//! A master, its replica and sentinels.

use std::time::Instant;

use cachery_test_support::{Sentinel, Server};

use super::harness::*;

#[tokio::test]
async fn a_failover_is_followed_and_makes_the_past_suspect() {
    let group = Sentinel::start().await;
    let master = group.master().await;
    let replica = group.stores().iter().find(|store| store.port() != master.port()).unwrap();
    // The first sentinel of the list is not there.
    let url = group.url().replace("redis-sentinel://", "redis-sentinel://127.0.0.1:1,");
    let (servers, hooks) = open(&url);
    servers.connected(LONG).await.unwrap();
    assert_eq!(servers.health().await[0].address, master.address().to_string());
    let before = hooks.count("suspect");
    master.kill();
    until_true("writes go to the new master", async || {
        ask(&servers, &["SET", "p:x", "1"]).await.is_ok()
    })
    .await;
    assert_eq!(replica.ask::<String>(&["GET", "p:x"]).await, "1");
    assert!(hooks.count("suspect") > before);
    wait_until("all is back", || servers.receives_invalidations());
    assert!(hooks.count("cut off") >= 1);
}

#[tokio::test]
async fn without_a_sentinel_that_knows_the_master_the_error_says_so() {
    let (servers, _) = open("redis-sentinel://127.0.0.1:1,127.0.0.1:2/main");
    let why = not_connected(&servers).await;
    assert!(why.contains("sentinel") && why.contains("main"), "{why}");
    assert!(why.contains("refused"), "{why}");
}

#[tokio::test]
async fn what_a_sentinel_replied_is_said() {
    let master = Server::start().await;
    let guarded = Sentinel::naming_with(&master, |config| config.password("hunter2")).await;
    let wrong = guarded.url().replace("://", "://:hunter3@");
    for url in [guarded.url(), wrong] {
        let (servers, _) = open(&url);
        let began = Instant::now();
        let why = servers.connected(LONG).await.unwrap_err().to_string();
        assert!(why.contains("ask for a password") && !why.contains("hunter"), "{why}");
        assert!(began.elapsed() < LONG / 2, "only a person can help");
        assert!(servers.health().await[0].problems[0].contains("ask for a password"));
    }
    let (servers, _) = open(&guarded.url().replace("://", "://:hunter2@"));
    servers.connected(LONG).await.unwrap();
    let open_to_all = Sentinel::naming(&master).await;
    let (servers, _) = open(&open_to_all.url().replace("mymaster", "other"));
    let why = not_connected(&servers).await;
    assert!(why.contains("by the name `other`") && why.contains("SENTINEL MASTERS"), "{why}");
}

#[tokio::test]
async fn a_master_that_is_demoted_is_left() {
    let first = Server::start().await;
    let second = Server::start().await;
    let sentinel = Sentinel::naming(&first).await;
    let (servers, _) = open(&sentinel.url());
    servers.connected(LONG).await.unwrap();
    sentinel.name(&second).await;
    first.tell(&["REPLICAOF", "127.0.0.1", &second.port().to_string()]).await;
    let set = async || matches!(ask(&servers, &["SET", "p:y", "1"]).await, Ok(redis::Value::Okay));
    until_true("writes go to the new master", set).await;
    assert_eq!(second.ask::<String>(&["GET", "p:y"]).await, "1");
}

#[tokio::test]
async fn a_replica_is_not_a_master_whatever_a_sentinel_says() {
    let master = Server::start().await;
    let replicaof = format!("replicaof 127.0.0.1 {}", master.port());
    let replica = Server::with(|config| config.line(replicaof)).await;
    let sentinel = Sentinel::naming(&replica).await;
    let (servers, _) = open(&sentinel.url());
    let why = not_connected(&servers).await;
    assert!(why.contains("it is a replica"), "{why}");
}

#[tokio::test]
async fn what_waits_for_a_new_master_is_not_done_on_the_old_one() {
    let [first, second] = [Server::start().await, Server::start().await];
    let sentinel = Sentinel::naming(&first).await;
    let (servers, hooks) = open(&sentinel.url());
    servers.connected(LONG).await.unwrap();
    let lane = ask(&servers, &["CLIENT", "ID"]).await;
    let Ok(redis::Value::Int(lane)) = lane else { panic!("{lane:?}") };
    *hooks.journal.lock().unwrap() = Some("p:journal".to_owned());
    sentinel.name(&second).await;
    // The link still stands.
    first.tell(&["CLIENT", "KILL", "ID", &lane.to_string()]).await;
    until_true("the new master is asked", async || ask(&servers, &["PING"]).await.is_ok()).await;
    assert!(second.ask::<bool>(&["EXISTS", "p:journal"]).await);
    assert!(!first.ask::<bool>(&["EXISTS", "p:journal"]).await);
}
