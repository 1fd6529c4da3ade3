//! The nodes: registries with connections of their own to one server, half of them through a proxy
//! with faults.

use std::time::Duration;

use cachery::{
    Backend, Caches,
    config::CacheSettings,
    health::{Breaker, Push, Status},
};
use cachery_test_support::{Proxy, Server, eventually};

pub(crate) const NODES: usize = 10;
/// The budget of nodes without a proxy: more than a busy machine needs.
const LONG_BUDGET: Duration = Duration::from_secs(3);
/// The budget of nodes behind a proxy.
const SHORT_BUDGET: Duration = Duration::from_millis(50);
/// More than the longest pause between two attempts to connect.
pub(crate) const RECOVERY: Duration = Duration::from_secs(20);

pub(crate) struct Node {
    pub(crate) caches: Caches,
    pub(crate) proxy: Option<Proxy>,
}

pub(crate) struct Nodes {
    pub(crate) server: Server,
    pub(crate) all: Vec<Node>,
}

impl Nodes {
    pub(crate) async fn launch(backend: Backend) -> Self {
        let server = Server::start().await;
        let mut all = Vec::new();
        for number in 0..NODES {
            let proxy = (number % 2 == 1).then(|| Proxy::to(server.address()));
            let url =
                proxy.as_ref().map_or_else(|| server.url(), |proxy| server.url_through(proxy));
            let deadline = if proxy.is_some() { SHORT_BUDGET } else { LONG_BUDGET };
            let caches = Caches::builder()
                .isolated()
                .redis_url(url)
                .remote_deadline(deadline)
                .all(CacheSettings::new().backend(backend))
                .build()
                .await
                .expect("the settings are right");
            all.push(Node { caches, proxy });
        }
        let nodes = Self { server, all };
        nodes.recover().await;
        nodes
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
    async fn has_recovered(&self) -> Option<()> {
        let health = self.caches.health().await;
        let is_up = health.status == Status::Up
            && health.servers.iter().all(|server| {
                server.push == Push::Up && server.breaker == Breaker::Closed && server.queued == 0
            });
        is_up.then_some(())
    }
}
