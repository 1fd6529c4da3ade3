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
async fn keys_of_a_slot_on_its_way_are_asked_for_where_they_are() {
    let cluster = Cluster::start(3, 0).await;
    let (servers, _) = open(&url(&cluster));
    servers.connected(LONG).await.unwrap();
    let slot = slot("p");
    let asks = async |words: &[&str]| ask_slot(&servers, slot, words).await;
    for key in ["{p}here", "{p}there"] {
        asks(&["SET", key, key]).await.unwrap();
    }
    cluster.begin_to_move_slot_of("{p}").await;
    let to = cluster.move_key("{p}there").await;
    let value = |text: &str| Value::BulkString(text.into());
    assert_eq!(asks(&["GET", "{p}there"]).await, Ok(value("{p}there")));
    assert_eq!(asks(&["GET", "{p}none"]).await, Ok(Value::Nil));
    assert_eq!(asks(&["SET", "{p}new", "1"]).await, Ok(Value::Okay));
    let count = "return redis.call('INCR', KEYS[1])";
    assert_eq!(asks(&["EVAL", count, "1", "{p}new"]).await, Ok(Value::Int(2)));
    let keys = to.ask::<usize>(&["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()]).await;
    assert_eq!(keys, 2, "what is new is where the slot goes");
    let both: [&[&str]; 3] = [&["GET", "{p}there"], &["INCR", "{p}count"], &["GET", "{p}here"]];
    let replies = ask_all(&servers, slot, &both).await;
    assert_eq!(replies, Ok(vec![value("{p}there"), Value::Int(1), value("{p}here")]));
    for _ in 0..10 {
        let of_both = asks(&["MGET", "{p}here", "{p}there"]).await;
        assert_eq!(of_both, Err(Reason::Resharding), "it is not a failure of the server");
    }
    cluster.end_to_move_slot_of("{p}").await;
    let all = asks(&["MGET", "{p}here", "{p}there", "{p}count"]).await;
    let expected = ["{p}here", "{p}there", "1"].map(value);
    assert_eq!(all, Ok(Value::Array(expected.into())));
}

#[tokio::test]
async fn of_a_pipeline_only_what_has_moved_is_sent_again() {
    let cluster = Cluster::start(3, 0).await;
    let (servers, _) = open(&url(&cluster));
    servers.connected(LONG).await.unwrap();
    let home = cluster.master_of("p:0").await;
    let names: Vec<_> = (0..60).map(|number| format!("p:{number}")).collect();
    let is_home = |name: &&String| cluster.find_master_of(name).unwrap().port() == home.port();
    let names: Vec<_> = names.iter().filter(is_home).take(6).collect();
    for name in [names[1], names[4]] {
        cluster.move_slot_of(name).await;
    }
    let commands: Vec<_> = names.iter().map(|name| ["INCR", name]).collect();
    let commands: Vec<_> = commands.iter().map(|words| &words[..]).collect();
    let replies = ask_all(&servers, slot("p:0"), &commands).await;
    assert_eq!(replies, Ok(vec![Value::Int(1); 6]));
    assert_eq!(cluster.master_of(names[4]).await.ask::<String>(&["GET", names[4]]).await, "1");
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
