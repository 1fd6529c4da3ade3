//! A cluster, all its nodes on this machine.

use std::collections::HashSet;

use redis::{RedisResult, Value};

use super::{
    Server,
    admin::USER,
    config::{Config, Mode},
    group::{PATIENCE, addresses, in_parallel, is_master, wait_until_it_follows},
};
use crate::wait::{run_blocking, wait_for};

const SLOTS: usize = 16_384;

/// A Redis Cluster. At the start the first nodes are its masters, and the others their replicas.
#[derive(Clone, Debug)]
pub struct Cluster {
    nodes: Vec<Server>,
}

impl Cluster {
    /// Starts so many masters, each with so many replicas.
    pub async fn start(masters: usize, replicas: usize) -> Self {
        Self::with(masters, replicas, |config| config).await
    }

    /// As [`start`](Self::start), with each node as configured.
    pub async fn with(
        masters: usize,
        replicas: usize,
        configure: impl FnOnce(&mut Config) -> &mut Config,
    ) -> Self {
        let mut config = Config::default();
        configure(config.mode(Mode::ClusterNode));
        run_blocking(move || Self::launch(masters, replicas, &config)).await
    }

    fn launch(masters: usize, replicas: usize, config: &Config) -> Self {
        let nodes = in_parallel(vec![config.clone(); masters * (1 + replicas)], Server::launch);
        let cluster = Self { nodes };
        cluster.share_slots(masters);
        cluster.introduce();
        cluster.attach_replicas(masters);
        cluster.wait_until_settled();
        cluster
    }

    /// The URL for clients.
    pub fn url(&self) -> String {
        format!("redis-cluster://{}{}", self.nodes[0].credentials(), addresses(&self.nodes))
    }

    /// All nodes, running or not.
    pub fn nodes(&self) -> &[Server] {
        &self.nodes
    }

    /// Returns the node that serves `key` at this moment.
    pub fn find_master_of(&self, key: &str) -> Option<&Server> {
        // Every other node replies with `MOVED`.
        self.nodes.iter().find(|node| node.query::<Value>(&["EXISTS", key]).is_ok())
    }

    /// Waits until some node serves `key`, and returns it.
    pub async fn master_of(&self, key: &str) -> Server {
        let (cluster, key) = (self.clone(), key.to_owned());
        run_blocking(move || {
            wait_for("a node serves the key", PATIENCE, || cluster.find_master_of(&key).cloned())
        })
        .await
    }

    /// `kill -9` of the master of `key`, which is returned.
    pub async fn kill_master_of(&self, key: &str) -> Server {
        let master = self.master_of(key).await;
        master.kill();
        master
    }

    /// Waits until all nodes that run say that the cluster is fine, and agree on the owner of each
    /// slot.
    pub async fn settled(&self) {
        let cluster = self.clone();
        run_blocking(move || cluster.wait_until_settled()).await;
    }

    /// Deletes `key`, gives its slot, which must be empty then, to another master, and returns that
    /// one.
    pub async fn move_slot_of(&self, key: &str) -> Server {
        let from = self.master_of(key).await;
        let to = self.another_master(&from);
        from.tell(&["DEL", key]).await;
        let slot: u16 = from.ask(&["CLUSTER", "KEYSLOT", key]).await;
        let id: String = to.ask(&["CLUSTER", "MYID"]).await;
        for node in [&to, &from] {
            node.tell(&["CLUSTER", "SETSLOT", &slot.to_string(), "NODE", &id]).await;
        }
        to
    }

    /// Moves the slot of `key` to another master, key by key, as tools do that reshard a cluster.
    pub async fn reshard_slot_of(&self, key: &str) {
        self.begin_to_move_slot_of(key).await;
        self.end_to_move_slot_of(key).await;
    }

    /// Moves the other keys of the slot of `key`, which is half way, and gives it to its new master.
    pub async fn end_to_move_slot_of(&self, key: &str) {
        let (from, to) = self.way_of(key).await;
        let slot = from.ask::<u16>(&["CLUSTER", "KEYSLOT", key]).await.to_string();
        loop {
            let keys: Vec<String> = from.ask(&["CLUSTER", "GETKEYSINSLOT", &slot, "10"]).await;
            if keys.is_empty() {
                break;
            }
            let keys: Vec<_> = keys.iter().map(String::as_str).collect();
            migrate(&from, &to, &keys).await;
        }
        let id: String = to.ask(&["CLUSTER", "MYID"]).await;
        for node in [&to, &from] {
            node.tell(&["CLUSTER", "SETSLOT", &slot, "NODE", &id]).await;
        }
    }

    /// Moves `key` alone, whose slot is half way, and returns the master that has it then.
    pub async fn move_key(&self, key: &str) -> Server {
        let (from, to) = self.way_of(key).await;
        migrate(&from, &to, &[key]).await;
        to
    }

    /// Returns the masters between which the slot of `key` is moving.
    async fn way_of(&self, key: &str) -> (Server, Server) {
        let from = self.owner_of(key).await;
        let to = self.another_master(&from);
        (from, to)
    }

    /// Returns the node that has the slot of `key`, also while it is moving.
    async fn owner_of(&self, key: &str) -> Server {
        let slot: u16 = self.nodes[0].ask(&["CLUSTER", "KEYSLOT", key]).await;
        let moving = format!("[{slot}->-");
        for node in &self.nodes {
            if node.ask::<String>(&["CLUSTER", "NODES"]).await.contains(&moving) {
                return node.clone();
            }
        }
        panic!("no node gives the slot {slot} away");
    }

    /// Begins to move the slot of `key` to another master, and leaves it half way.
    pub async fn begin_to_move_slot_of(&self, key: &str) {
        let from = self.master_of(key).await;
        let to = self.another_master(&from);
        let slot = from.ask::<u16>(&["CLUSTER", "KEYSLOT", key]).await.to_string();
        let [from_id, to_id]: [String; 2] =
            [from.ask(&["CLUSTER", "MYID"]).await, to.ask(&["CLUSTER", "MYID"]).await];
        to.tell(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]).await;
        from.tell(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]).await;
    }

    fn another_master(&self, master: &Server) -> Server {
        let is_another = |node: &&Server| is_master(node) && node.port() != master.port();
        self.nodes.iter().find(is_another).expect("there are several masters").clone()
    }

    fn share_slots(&self, masters: usize) {
        for (index, master) in self.nodes[..masters].iter().enumerate() {
            let [first, end] = [index, index + 1].map(|part| part * SLOTS / masters);
            // One by one, because servers before Redis 7 take no ranges.
            let slots: Vec<_> = (first..end).map(|slot| slot.to_string()).collect();
            let slots: Vec<_> = slots.iter().map(String::as_str).collect();
            tell(master, &[&["CLUSTER", "ADDSLOTS"], &slots[..]].concat());
            tell(master, &["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
        }
    }

    /// Each node meets all others, because gossip would take its time.
    fn introduce(&self) {
        for (index, node) in self.nodes.iter().enumerate() {
            for other in &self.nodes[..index] {
                let [port, bus] = [other.port(), other.node_port()].map(|port| port.to_string());
                tell(node, &["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
            }
        }
        let all = format!("cluster_known_nodes:{}\r", self.nodes.len());
        self.wait_for_each("it knows the others", |node| info(node).contains(&all));
    }

    fn attach_replicas(&self, masters: usize) {
        let (masters, replicas) = self.nodes.split_at(masters);
        for (replica, master) in replicas.iter().zip(masters.iter().cycle()) {
            let id: String = master.query(&["CLUSTER", "MYID"]).expect("the node runs");
            wait_for("the master is known", PATIENCE, || {
                replica.query::<Value>(&["CLUSTER", "REPLICATE", &id]).ok()
            });
        }
        replicas.iter().for_each(wait_until_it_follows);
    }

    fn wait_until_settled(&self) {
        self.wait_for_each("it is fine", |node| info(node).contains("cluster_state:ok"));
        wait_for("all nodes agree", PATIENCE, || {
            let views: RedisResult<HashSet<_>> = self.running().map(roles).collect();
            (views.ok()?.len() == 1).then_some(())
        });
    }

    fn wait_for_each(&self, what: &str, is_so: impl Fn(&Server) -> bool) {
        for node in self.running() {
            wait_for(what, PATIENCE, || is_so(node).then_some(()));
        }
    }

    fn running(&self) -> impl Iterator<Item = &Server> {
        self.nodes.iter().filter(|node| node.is_running())
    }
}

/// Moves keys of one slot.
async fn migrate(from: &Server, to: &Server, keys: &[&str]) {
    let port = to.port().to_string();
    let migrate = ["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "AUTH2", USER, "any", "KEYS"];
    from.tell(&[&migrate, keys].concat()).await;
}

/// The slots and the master of each node, as one node sees them: without what each sees for itself
/// (`myself`, times).
fn roles(node: &Server) -> RedisResult<Vec<String>> {
    let nodes: String = node.query(&["CLUSTER", "NODES"])?;
    let mut roles: Vec<_> = nodes.lines().map(role).collect();
    roles.sort();
    Ok(roles)
}

fn role(line: &str) -> String {
    let fields: Vec<_> = line.split(' ').collect();
    let (id, master, slots) = (fields[0], fields[3], fields[8..].join(" "));
    format!("{id} {master} {slots}")
}

fn info(node: &Server) -> String {
    node.query(&["CLUSTER", "INFO"]).unwrap_or_default()
}

fn tell(node: &Server, arguments: &[&str]) {
    node.query::<Value>(arguments).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
}
