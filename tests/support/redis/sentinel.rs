//! A master and its replica, watched by three sentinels.

use std::collections::HashMap;

use ::redis::Value;

use super::{
    Server,
    config::{Config, Mode},
    group::{PATIENCE, in_parallel, is_master, sockets, wait_until_it_follows},
    waiting::{beside, until},
};

/// The master's name.
const NAME: &str = "mymaster";

/// The first store is the master at the start.
#[derive(Clone)]
pub(crate) struct Sentinel {
    stores: Vec<Server>,
    sentinels: Vec<Server>,
}

impl Sentinel {
    /// Ready for a failover.
    pub(crate) async fn start() -> Self {
        beside(Self::launch).await
    }

    fn launch() -> Self {
        let master = Server::launch(Config::default());
        let mut following = Config::default();
        let replica =
            Server::launch(following.line(format!("replicaof 127.0.0.1 {}", master.port())).clone());
        wait_until_it_follows(&replica);
        let sentinels = in_parallel(vec![watching(&master); 3], Server::launch);
        let group = Self { stores: vec![master, replica], sentinels };
        until("the sentinels know all", PATIENCE, || group.sentinels.iter().all(knows_all).then_some(()));
        group
    }

    /// For clients.
    pub(crate) fn url(&self) -> String {
        format!("redis-sentinel://{}/{NAME}", sockets(&self.sentinels))
    }

    /// The master and its replica, whoever is which at this moment.
    pub(crate) fn stores(&self) -> &[Server] {
        &self.stores
    }

    /// Those who watch.
    pub(crate) fn sentinels(&self) -> &[Server] {
        &self.sentinels
    }

    /// `kill -9` of the master, which is returned.
    pub(crate) async fn kill_master(&self) -> Server {
        let master = self.master().await;
        master.kill();
        master
    }

    /// Starts the `dead` one again, and waits until it follows the master of now and all sentinels know that.
    pub(crate) async fn restart(&self, dead: &Server) {
        dead.restart().await;
        let (group, back) = (self.clone(), dead.clone());
        let follows = move || {
            wait_until_it_follows(&back);
            until("the sentinels know it", PATIENCE, || {
                group.sentinels.iter().all(sees_a_replica).then_some(())
            });
        };
        beside(follows).await;
    }

    /// Waits until all sentinels name the same server, and it says that it is a master.
    pub(crate) async fn master(&self) -> Server {
        let group = self.clone();
        beside(move || until("there is a master", PATIENCE, || group.find_master().cloned())).await
    }

    fn find_master(&self) -> Option<&Server> {
        self.stores.iter().find(|store| {
            is_master(store) && self.sentinels.iter().all(|sentinel| named_by(sentinel) == Some(store.port()))
        })
    }
}

fn watching(master: &Server) -> Config {
    let mut config = Config::default();
    config
        .mode(Mode::Sentinel)
        .line(format!("sentinel monitor {NAME} 127.0.0.1 {} 2", master.port()))
        // With less it fails over twice.
        .line(format!("sentinel down-after-milliseconds {NAME} 1500"))
        .line(format!("sentinel failover-timeout {NAME} 5000"));
    config
}

fn knows_all(sentinel: &Server) -> bool {
    let knows = |count, what| {
        let list = sentinel.query::<Vec<Value>>(&["SENTINEL", what, NAME]);
        list.is_ok_and(|list| list.len() == count)
    };
    knows(2, "SENTINELS") && knows(1, "REPLICAS")
}

/// Whether it could be made the master.
fn sees_a_replica(sentinel: &Server) -> bool {
    let replicas = sentinel.query::<Vec<HashMap<String, String>>>(&["SENTINEL", "REPLICAS", NAME]);
    replicas.is_ok_and(|replicas| {
        replicas.iter().any(|replica| replica["flags"] == "slave" && replica["master-link-status"] == "ok")
    })
}

fn named_by(sentinel: &Server) -> Option<u16> {
    let (_, port): (String, u16) = sentinel.query(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME]).ok()?;
    Some(port)
}
