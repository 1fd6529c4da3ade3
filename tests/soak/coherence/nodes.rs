//! The nodes: registries with connections of their own to one server, half of them through a proxy
//! with faults.

use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use cachery::{
    Backend, Caches,
    config::CacheSettings,
    health::{Breaker, Push, Status},
};
use cachery_test_support::{Proxy, Server, eventually};
use tokio::sync::{RwLock, RwLockReadGuard};

pub(crate) const NODES: usize = 10;
/// The budget of nodes without a proxy: more than a busy machine needs.
const LONG_BUDGET: Duration = Duration::from_secs(3);
/// The budget of nodes behind a proxy.
const SHORT_BUDGET: Duration = Duration::from_millis(50);
/// More than the longest pause between two attempts to connect, on a machine that does much else.
pub(crate) const RECOVERY: Duration = Duration::from_secs(60);

pub(crate) struct Node {
    /// Locked by each call, so that a process ends after its calls.
    process: RwLock<Process>,
    pub(crate) proxy: Option<Proxy>,
}

/// A process of a node, until the node is restarted.
pub(crate) struct Process {
    /// The number under which the history knows it.
    pub(crate) number: usize,
    pub(crate) caches: Caches,
}

pub(crate) struct Nodes {
    backend: Backend,
    pub(crate) server: Server,
    pub(crate) all: Vec<Node>,
    /// The number of the next process.
    next: AtomicUsize,
}

impl Nodes {
    pub(crate) async fn launch(backend: Backend) -> Self {
        let server = Server::start().await;
        let mut nodes = Self { backend, server, all: Vec::new(), next: AtomicUsize::new(0) };
        for number in 0..NODES {
            let proxy = (number % 2 == 1).then(|| Proxy::to(nodes.server.address()));
            let process = RwLock::new(nodes.process(proxy.as_ref()).await);
            nodes.all.push(Node { process, proxy });
        }
        nodes.recover().await;
        nodes
    }

    async fn process(&self, proxy: Option<&Proxy>) -> Process {
        let server = &self.server;
        let url = proxy.map_or_else(|| server.url(), |proxy| server.url_through(proxy));
        let deadline = if proxy.is_some() { SHORT_BUDGET } else { LONG_BUDGET };
        let caches = Caches::builder()
            .isolated()
            .redis_url(url)
            .remote_deadline(deadline)
            .all(CacheSettings::new().backend(self.backend))
            .build()
            .await
            .expect("the settings are right");
        Process { number: self.next.fetch_add(1, SeqCst), caches }
    }

    /// Ends the process of a node as a deploy does, and starts another one. With a server that can
    /// be reached nothing is lost.
    pub(crate) async fn restart(&self, node: &Node) {
        node.proxy.iter().for_each(Proxy::pass);
        let mut process = node.process.write().await;
        let shutdown = process.caches.shutdown(RECOVERY).await;
        assert_eq!(shutdown.lost, 0, "invalidations are lost: {shutdown:?}");
        *process = self.process(node.proxy.as_ref()).await;
    }

    /// Ends all faults of the network, and waits until every node is up and has no invalidation
    /// in its queue.
    pub(crate) async fn recover(&self) {
        for node in &self.all {
            if let Some(proxy) = &node.proxy {
                proxy.pass();
            }
        }
        for (number, node) in self.all.iter().enumerate() {
            eventually(&format!("node {number} has recovered"), RECOVERY, async || {
                node.has_recovered().await
            })
            .await;
        }
    }
}

impl Node {
    /// Returns the process, which does not end before the guard is dropped.
    pub(crate) async fn process(&self) -> RwLockReadGuard<'_, Process> {
        self.process.read().await
    }

    async fn has_recovered(&self) -> Option<()> {
        let health = self.process().await.caches.health().await;
        let is_up = health.status == Status::Up
            && health.servers.iter().all(|server| {
                server.push == Push::Up && server.breaker == Breaker::Closed && server.queued == 0
            });
        is_up.then_some(())
    }
}
