//! Servers that sentinels watch.

use std::collections::HashMap;

use redis::Value;

use super::{
    Server,
    config::{Config, Mode},
    group::{PATIENCE, addresses, in_parallel, is_master, wait_until_it_follows},
};
use crate::wait::{run_blocking, wait_for};

/// The master's name.
const NAME: &str = "mymaster";

/// Sentinels, and the servers that they watch. The first of those is the master at the start.
#[derive(Clone, Debug)]
pub struct Sentinel {
    stores: Vec<Server>,
    sentinels: Vec<Server>,
}

impl Sentinel {
    /// Starts a master, its replica and three sentinels, ready for a failover.
    pub async fn start() -> Self {
        run_blocking(Self::launch).await
    }

    /// Starts one sentinel that names `master` as its master, whatever role that has.
    pub async fn naming(master: &Server) -> Self {
        Self::naming_with(master, |config| config).await
    }

    /// As [`naming`](Self::naming), with the sentinel as configured.
    pub async fn naming_with(
        master: &Server,
        configure: impl FnOnce(&mut Config) -> &mut Config,
    ) -> Self {
        let mut config = watching(master, 1);
        configure(&mut config);
        let sentinel = run_blocking(move || Server::launch(config)).await;
        Self { stores: vec![master.clone()], sentinels: vec![sentinel] }
    }

    /// Makes the sentinels name another master.
    pub async fn name(&self, master: &Server) {
        let port = master.port().to_string();
        for sentinel in &self.sentinels {
            sentinel.tell(&["SENTINEL", "REMOVE", NAME]).await;
            sentinel.tell(&["SENTINEL", "MONITOR", NAME, "127.0.0.1", &port, "1"]).await;
        }
    }

    fn launch() -> Self {
        let master = Server::launch(Config::default());
        let mut following = Config::default();
        let replica = Server::launch(
            following.line(format!("replicaof 127.0.0.1 {}", master.port())).clone(),
        );
        wait_until_it_follows(&replica);
        let sentinels = in_parallel(vec![watching(&master, 2); 3], Server::launch);
        let group = Self { stores: vec![master, replica], sentinels };
        wait_for("the sentinels know all", PATIENCE, || {
            group.sentinels.iter().all(knows_all).then_some(())
        });
        group
    }

    /// The URL for clients.
    pub fn url(&self) -> String {
        format!("redis-sentinel://{}/{NAME}", addresses(&self.sentinels))
    }

    /// The master and its replica, in either order.
    pub fn stores(&self) -> &[Server] {
        &self.stores
    }

    /// The sentinels.
    pub fn sentinels(&self) -> &[Server] {
        &self.sentinels
    }

    /// `kill -9` of the master, which is returned.
    pub async fn kill_master(&self) -> Server {
        let master = self.master().await;
        master.kill();
        master
    }

    /// Starts the `dead` server again, and waits until it follows the present master and all
    /// sentinels know that.
    pub async fn restart(&self, dead: &Server) {
        dead.restart().await;
        let group = self.clone();
        let back = dead.clone();
        let follows = move || {
            wait_until_it_follows(&back);
            wait_for("the sentinels know it", PATIENCE, || {
                group.sentinels.iter().all(sees_a_replica).then_some(())
            });
        };
        run_blocking(follows).await;
    }

    /// Waits until all sentinels name one server and that says that it is a master, and returns it.
    pub async fn master(&self) -> Server {
        let group = self.clone();
        run_blocking(move || {
            wait_for("there is a master", PATIENCE, || group.find_master().cloned())
        })
        .await
    }

    fn find_master(&self) -> Option<&Server> {
        self.stores.iter().find(|store| {
            is_master(store)
                && self.sentinels.iter().all(|sentinel| named_by(sentinel) == Some(store.port()))
        })
    }
}

fn watching(master: &Server, quorum: usize) -> Config {
    let mut config = Config::default();
    config
        .mode(Mode::Sentinel)
        .line(format!("sentinel monitor {NAME} 127.0.0.1 {} {quorum}", master.port()))
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

/// Tells whether there is a replica that could be made the master.
fn sees_a_replica(sentinel: &Server) -> bool {
    let replicas = sentinel.query::<Vec<HashMap<String, String>>>(&["SENTINEL", "REPLICAS", NAME]);
    replicas.is_ok_and(|replicas| {
        replicas
            .iter()
            .any(|replica| replica["flags"] == "slave" && replica["master-link-status"] == "ok")
    })
}

fn named_by(sentinel: &Server) -> Option<u16> {
    let (_, port): (String, u16) =
        sentinel.query(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME]).ok()?;
    Some(port)
}
