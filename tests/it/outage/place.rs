//! A server that things happen to, the proxy through which nodes see it, and what nodes do.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use cachery::{
    Backend, Caches,
    config::{CacheSettings, CachesBuilder},
    health::{Health, Status},
};
use cachery_test_support::{Config, Proxy, Server, eventually};

use super::functions::square;

/// What one call may wait for Redis.
pub(crate) const BUDGET: Duration = Duration::from_millis(100);
/// The budget of nodes of which it is no matter: the machine may be busy.
const AMPLE: Duration = Duration::from_secs(5);
/// What takes longer hangs.
const WATCHDOG: Duration = Duration::from_secs(8);
/// Until something comes by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// While it loads, a server minds its clients after each kilobyte.
const FILL: &str = "for i = 1, 3000 do redis.call('SET', 'filler:' .. i, string.rep('x', 1024)) end";

pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) proxy: Proxy,
}

impl Place {
    pub(crate) async fn start() -> Self {
        Self::with(|config| config.line("enable-debug-command local")).await
    }

    pub(crate) async fn with(configure: impl FnOnce(&mut Config) -> &mut Config) -> Self {
        let server = Server::with(configure).await;
        let proxy = Proxy::to(server.address());
        Self { server, proxy }
    }

    /// A node that comes by the proxy, with an ample budget.
    pub(crate) async fn node(&self, backend: Backend) -> Caches {
        self.node_with(backend, |builder| builder.remote_deadline(AMPLE)).await
    }

    pub(crate) async fn node_with(
        &self,
        backend: Backend,
        change: impl FnOnce(CachesBuilder) -> CachesBuilder,
    ) -> Caches {
        let build = change(builder(&self.server.url_through(&self.proxy), backend)).build();
        returns(build).await.expect("a node starts whatever Redis is like")
    }

    /// A node without memory that goes past the proxy: it sees what is stored now.
    pub(crate) async fn witness(&self) -> Caches {
        let build = builder(&self.server.url(), Backend::Redis).remote_deadline(AMPLE).build();
        returns(build).await.expect("a node starts whatever Redis is like")
    }

    /// What `CONFIG SET` changes.
    pub(crate) async fn set(&self, name: &str, value: &str) {
        self.server.tell(&["CONFIG", "SET", name, value]).await;
    }

    /// Has the server hold so much, and take so long for each piece of it, that loading it takes half a minute, or until the
    /// [end](Self::load_fast) of it.
    pub(crate) async fn load_slowly(&self) {
        self.server.tell(&["EVAL", FILL, "0"]).await;
        self.set("rdbcompression", "no").await;
        self.set("loading-process-events-interval-bytes", "1024").await;
        self.set("key-load-delay", "10000").await;
    }

    /// What is being loaded is there in no time.
    pub(crate) async fn load_fast(&self) {
        self.set("key-load-delay", "0").await;
    }

    /// What the nodes' user may and may not do.
    pub(crate) async fn grant(&self, rules: &[&str]) {
        self.server.tell(&[&["ACL", "SETUSER", "default"], rules].concat()).await;
    }

    /// Waits until the server answers a `PING` by this error.
    pub(crate) async fn server_says(&self, code: &str) {
        eventually("the server says so", PATIENCE, async || {
            let error = self.server.command(&["PING"]).await.err()?;
            (error.code() == Some(code)).then_some(())
        })
        .await;
    }
}

/// A node of Redis at `url`.
pub(crate) fn builder(url: &str, backend: Backend) -> CachesBuilder {
    Caches::builder().isolated().redis_url(url).all(CacheSettings::new().backend(backend).jitter(0.0))
}

/// What comes of `work`, which is not to hang.
pub(crate) async fn returns<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(WATCHDOG, work).await.expect("it comes to an end")
}

/// How long half of these calls took, at most.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// How long `call` takes, whose answer is known.
pub(crate) async fn time<T: PartialEq + Debug>(call: impl Future<Output = T>, answer: T) -> Duration {
    let began = Instant::now();
    assert_eq!(returns(call).await, answer);
    began.elapsed()
}

pub(crate) async fn health(node: &Caches) -> Health {
    returns(node.health()).await
}

/// Waits until `node` is as its health says.
pub(crate) async fn becomes(node: &Caches, what: &str, is_so: impl Fn(&Health) -> bool) -> Health {
    eventually(what, PATIENCE, async || Some(health(node).await).filter(&is_so)).await
}

/// Waits until `node` is all right, reads what `other` has put, and `other` reads what it has put.
pub(crate) async fn recovers(node: &Caches, other: &Caches) {
    becomes(node, "its health is good", |health| health.status == Status::Up).await;
    let mut key = 1_000_000;
    eventually("both nodes share their values", PATIENCE, async || {
        key += 2;
        let (ours, theirs) = (key, key + 1);
        node.scope(square::put(ours, 1)).await;
        other.scope(square::put(theirs, 2)).await;
        let seen = (other.scope(square::peek(ours)).await, node.scope(square::peek(theirs)).await);
        (seen == (Some(1), Some(2))).then_some(())
    })
    .await;
}
