//! The nodes: registries with connections of their own to one server, half of them by links that can be bad.

use std::time::Duration;

use cachery::{
    Backend, Caches,
    config::CacheSettings,
    health::{Breaker, Push, Status},
};
use cachery_test_support::{Proxy, Server, eventually};

pub(crate) const NODES: usize = 10;
/// Longer than a busy machine takes where the link is good, …
const PATIENT: Duration = Duration::from_secs(3);
/// … and short where it is bad.
const IMPATIENT: Duration = Duration::from_millis(50);
/// More than the longest pause between two attempts to connect.
pub(crate) const RECOVERY: Duration = Duration::from_secs(20);

pub(crate) struct Node {
    pub(crate) caches: Caches,
    pub(crate) link: Option<Proxy>,
}

pub(crate) struct Fleet {
    pub(crate) server: Server,
    pub(crate) nodes: Vec<Node>,
}

impl Fleet {
    pub(crate) async fn launch(backend: Backend) -> Self {
        let server = Server::start().await;
        let mut nodes = Vec::new();
        for number in 0..NODES {
            let link = (number % 2 == 1).then(|| Proxy::to(server.address()));
            let url = link.as_ref().map_or_else(|| server.url(), |link| server.url_through(link));
            let deadline = if link.is_some() { IMPATIENT } else { PATIENT };
            let caches = Caches::builder()
                .isolated()
                .redis_url(url)
                .remote_deadline(deadline)
                .all(CacheSettings::new().backend(backend))
                .build()
                .await
                .expect("the settings are right");
            nodes.push(Node { caches, link });
        }
        let fleet = Self { server, nodes };
        fleet.recover().await;
        fleet
    }

    /// Mends all links and waits until every node is well and has told what it had to tell.
    pub(crate) async fn recover(&self) {
        for node in &self.nodes {
            if let Some(link) = &node.link {
                link.pass();
            }
        }
        for (number, node) in self.nodes.iter().enumerate() {
            eventually(&format!("node {number} is well"), RECOVERY, async || node.is_well().await).await;
        }
    }
}

impl Node {
    async fn is_well(&self) -> Option<()> {
        let health = self.caches.health().await;
        let well = health.status == Status::Up
            && health.servers.iter().all(|server| {
                server.push == Push::Up && server.breaker == Breaker::Closed && server.queued == 0
            });
        well.then_some(())
    }
}
