//! A cluster of three masters.

use cachery_core::remote::Reason;
use cachery_test_support::{Cluster, Proxy};
use redis::Value;

use super::harness::*;

/// The URL of one node, behind one that is not there: the others are to be found.
fn url(cluster: &Cluster) -> String {
    format!("redis-cluster://127.0.0.1:1,{}", cluster.nodes()[1].address())
}

fn slot(key: &str) -> u16 {
    crc16::State::<crc16::XMODEM>::calculate(key.as_bytes()) % 16_384
}

/// The key of the master that dies.
const FIRST: &str = "p:a";

#[tokio::test]
async fn each_key_is_asked_of_its_master_and_a_move_is_followed() {
    let cluster = Cluster::start(3, 0).await;
    let (servers, hooks) = open(&url(&cluster));
    servers.connected(LONG).await.unwrap();
    for key in (0..60).map(|number| format!("p:{number}")) {
        assert_eq!(ask_slot(&servers, slot(&key), &["SET", &key, "1"]).await, Ok(Value::Okay));
    }
    assert!(servers.receives_invalidations());
    assert_eq!(servers.health().await.len(), 3);
    let before = hooks.count("suspect");
    let to = cluster.move_slot_of("p:0").await;
    assert_eq!(ask_slot(&servers, slot("p:0"), &["SET", "p:0", "2"]).await, Ok(Value::Okay));
    assert_eq!(to.ask::<String>(&["GET", "p:0"]).await, "2");
    assert!(hooks.count("suspect") > before, "slots at another node are a new session");
    let before = hooks.count("suspect");
    cluster.move_slot_of("p:1").await;
    wait_until("a move is seen before anybody asks", || hooks.count("suspect") > before);
}

#[tokio::test]
async fn a_slot_that_is_being_moved_is_not_a_failure_of_the_server() {
    let cluster = Cluster::start(3, 0).await;
    let (servers, _) = open(&url(&cluster));
    servers.connected(LONG).await.unwrap();
    let key = "p:0";
    let asks = async || ask_slot(&servers, slot(key), &["GET", key]).await;
    asks().await.unwrap();
    cluster.begin_to_move_slot_of(key).await;
    for _ in 0..10 {
        assert_eq!(asks().await, Err(Reason::Resharding));
    }
}

#[tokio::test]
async fn servers_that_name_other_addresses_are_reached_by_the_map() {
    let cluster = Cluster::with(3, 0, |config| {
        config
            .line("cluster-announce-hostname node.invalid")
            .line("cluster-preferred-endpoint-type hostname")
    })
    .await;
    let proxies: Vec<_> = cluster.nodes().iter().map(|node| Proxy::to(node.address())).collect();
    let rules = cluster.nodes().iter().zip(&proxies).map(|(node, proxy)| {
        format!("map=node.invalid:{}=127.0.0.1:{}", node.port(), proxy.port())
    });
    let rules = rules.collect::<Vec<_>>().join("&");
    let (servers, _) = open(&format!("redis-cluster://{}?{rules}", proxies[0].address()));
    servers.connected(LONG).await.unwrap();
    for key in (0..60).map(|number| format!("p:{number}")) {
        assert_eq!(ask_slot(&servers, slot(&key), &["SET", &key, "1"]).await, Ok(Value::Okay));
    }
    cluster.move_slot_of("p:0").await;
    assert_eq!(ask_slot(&servers, slot("p:0"), &["SET", "p:0", "2"]).await, Ok(Value::Okay));
    assert!(proxies.iter().all(|proxy| proxy.accepted() > 0));
    wait_until("all push", || servers.receives_invalidations());
}

#[tokio::test]
async fn a_request_waits_for_a_slot_that_moves_soon() {
    let cluster = Cluster::start(3, 0).await;
    let (servers, _) = open(&url(&cluster));
    servers.connected(LONG).await.unwrap();
    let asking = async || {
        // Those that come too early are refused, as a call that does without Redis.
        until_true("it is served", async || {
            ask_slot(&servers, slot("p:0"), &["SET", "p:0", "1"]).await == Ok(Value::Okay)
        })
        .await;
    };
    for _ in 0..3 {
        tokio::join!(cluster.reshard_slot_of("p:0"), asking());
    }
    asking().await;
    assert_eq!(cluster.master_of("p:0").await.ask::<String>(&["GET", "p:0"]).await, "1");
}

#[tokio::test]
async fn a_dead_master_leaves_the_others_and_its_replica_takes_over() {
    let cluster = Cluster::start(3, 1).await;
    let (servers, hooks) = open(&url(&cluster));
    servers.connected(LONG).await.unwrap();
    let first = slot(FIRST);
    assert!(ask_slot(&servers, first, &["SET", FIRST, "1"]).await.is_ok());
    cluster.kill_master_of(FIRST).await;
    let set =
        async || matches!(ask_slot(&servers, first, &["SET", FIRST, "2"]).await, Ok(Value::Okay));
    until_true("the replica takes over", set).await;
    let replica = cluster.master_of(FIRST).await;
    assert_eq!(replica.ask::<String>(&["GET", FIRST]).await, "2");
    wait_until("all is back", || servers.receives_invalidations());
    assert!(hooks.count("cut off") >= 1);
}
