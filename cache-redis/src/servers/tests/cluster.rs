//! A cluster of three masters, and one replica of the first.

use cachery_core::remote::Reason;
use redis::Value;

use super::harness::*;

struct Cluster {
    nodes: Vec<Redis>,
    dirs: Vec<std::path::PathBuf>,
}

impl Cluster {
    /// `count` nodes, the first three of them masters.
    fn start(count: usize) -> Self {
        let (mut nodes, mut dirs) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let port = free_port();
            let dir = std::env::temp_dir().join(format!("cachery-cluster-{port}"));
            std::fs::create_dir_all(&dir).unwrap();
            let bus = free_port().to_string();
            let dir_text = dir.display().to_string();
            nodes.push(Redis::start_on(
                port,
                &[
                    "--cluster-enabled",
                    "yes",
                    "--cluster-node-timeout",
                    "1000",
                    "--cluster-port",
                    &bus,
                    "--dir",
                    &dir_text,
                    "--repl-diskless-sync-delay",
                    "0",
                ],
            ));
            dirs.push(dir);
        }
        let cluster = Self { nodes, dirs };
        cluster.form();
        cluster
    }

    fn form(&self) {
        for (node, slots) in self.nodes.iter().zip([("0", "5460"), ("5461", "10922"), ("10923", "16383")]) {
            assert_eq!(node.run(&["CLUSTER", "ADDSLOTSRANGE", slots.0, slots.1]), "OK");
        }
        for (index, node) in self.nodes.iter().enumerate() {
            node.run(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
        }
        let first = &self.nodes[0];
        for node in &self.nodes[1..] {
            let bus = &node.bus();
            first.run(&["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string(), bus]);
        }
        for node in &self.nodes {
            eventually("all have met", || {
                node.run(&["CLUSTER", "INFO"]).contains(&format!("cluster_known_nodes:{}", self.nodes.len()))
            });
        }
        for replica in self.nodes.iter().skip(3) {
            let master = first.run(&["CLUSTER", "MYID"]);
            eventually("the replica follows", || replica.run(&["CLUSTER", "REPLICATE", &master]) == "OK");
            eventually("the replica is in step", || replica.run(&["ROLE"]).contains("connected"));
        }
        for node in &self.nodes {
            eventually("the cluster works", || node.run(&["CLUSTER", "INFO"]).contains("cluster_state:ok"));
        }
    }

    /// Gives the slot of `key`, and nothing in it, to another master.
    fn hand_over(&self, key: &str) -> &Redis {
        let owner = self.nodes.iter().position(|node| node.run(&["DEL", key]) == "1").unwrap();
        let (from, to) = (&self.nodes[owner], &self.nodes[(owner + 1) % 3]);
        let new = to.run(&["CLUSTER", "MYID"]);
        for node in [to, from] {
            assert_eq!(node.run(&["CLUSTER", "SETSLOT", &slot(key).to_string(), "NODE", &new]), "OK");
        }
        to
    }

    fn url(&self) -> String {
        format!("redis-cluster://127.0.0.1:1,127.0.0.1:{}", self.nodes[1].port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.nodes.clear();
        self.dirs.iter().for_each(|dir| drop(std::fs::remove_dir_all(dir)));
    }
}

fn slot(key: &str) -> u16 {
    crc16::State::<crc16::XMODEM>::calculate(key.as_bytes()) % 16_384
}

/// A key on the first master.
const FIRST: &str = "p:a";

#[tokio::test]
async fn each_key_is_asked_of_its_master_and_a_move_is_followed() {
    let cluster = Cluster::start(3);
    let (servers, diary) = open(&cluster.url());
    servers.connected(LONG).await.unwrap();
    for key in (0..60).map(|number| format!("p:{number}")) {
        assert_eq!(ask_slot(&servers, slot(&key), &["SET", &key, "1"]).await, Ok(Value::Okay));
    }
    assert!(servers.receives_invalidations());
    assert_eq!(servers.health().await.len(), 3);
    let before = diary.count("suspect");
    let to = cluster.hand_over("p:0");
    assert_eq!(ask_slot(&servers, slot("p:0"), &["SET", "p:0", "2"]).await, Ok(Value::Okay));
    assert_eq!(to.run(&["GET", "p:0"]), "2");
    assert!(diary.count("suspect") > before, "slots at another node are a new session");
    let before = diary.count("suspect");
    cluster.hand_over("p:1");
    eventually("a move is seen before anybody asks", || diary.count("suspect") > before);
}

#[tokio::test]
async fn a_slot_on_its_way_is_no_failure_of_the_server() {
    let cluster = Cluster::start(3);
    let (servers, _) = open(&cluster.url());
    servers.connected(LONG).await.unwrap();
    let key = "p:0";
    let asks = async || ask_slot(&servers, slot(key), &["GET", key]).await;
    asks().await.unwrap();
    let owner = cluster.nodes.iter().position(|node| !node.run(&["GET", key]).contains("MOVED")).unwrap();
    let (from, to) = (&cluster.nodes[owner], &cluster.nodes[(owner + 1) % 3]);
    to.run(&["CLUSTER", "SETSLOT", &slot(key).to_string(), "IMPORTING", &from.run(&["CLUSTER", "MYID"])]);
    from.run(&["CLUSTER", "SETSLOT", &slot(key).to_string(), "MIGRATING", &to.run(&["CLUSTER", "MYID"])]);
    for _ in 0..10 {
        assert_eq!(asks().await, Err(Reason::Resharding));
    }
}

#[tokio::test]
async fn a_dead_master_leaves_the_others_and_its_replica_takes_over() {
    let mut cluster = Cluster::start(4);
    let (servers, diary) = open(&cluster.url());
    servers.connected(LONG).await.unwrap();
    let first = slot(FIRST);
    assert!(ask_slot(&servers, first, &["SET", FIRST, "1"]).await.is_ok());
    cluster.nodes[0].kill();
    let set = || async { matches!(ask_slot(&servers, first, &["SET", FIRST, "2"]).await, Ok(Value::Okay)) };
    eventually_async("the replica takes over", set).await;
    assert_eq!(cluster.nodes[3].run(&["GET", FIRST]), "2");
    eventually("all is back", || servers.receives_invalidations());
    assert!(diary.count("cut off") >= 1);
}
