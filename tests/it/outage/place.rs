//! A server with faults, the proxy between it and its nodes, and checks of those.

use std::{
    fmt::Debug,
    future::poll_fn,
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use cachery::{
    Backend, Caches,
    config::{CacheSettings, CachesBuilder},
    health::{Health, Status},
};
use cachery_test_support::{Config, Proxy, Server, eventually};

use super::functions::{number, square};

/// The time that one call may wait for Redis.
pub(crate) const BUDGET: Duration = Duration::from_millis(100);
/// The time that a call with that budget takes at most, on a busy machine.
pub(crate) const BRIEFLY: Duration = Duration::from_secs(3);
/// The budget where it is not tested, because the machine may be busy.
pub(crate) const AMPLE: Duration = Duration::from_secs(5);
/// The time after which a call counts as stuck.
const WATCHDOG: Duration = Duration::from_secs(8);
/// The time in which a node or server must recover by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Stores 3 MB. While it loads, a server serves its clients after each kilobyte.
const FILL: &str =
    "for i = 1, 3000 do redis.call('SET', 'filler:' .. i, string.rep('x', 1024)) end";

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

    /// Builds a node behind the proxy, with an ample budget.
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

    /// Builds a node without memory that is not behind the proxy, so that it sees what is stored.
    pub(crate) async fn direct_node(&self) -> Caches {
        let build = builder(&self.server.url(), Backend::Redis).remote_deadline(AMPLE).build();
        returns(build).await.expect("a node starts whatever Redis is like")
    }

    /// Runs `CONFIG SET`.
    pub(crate) async fn set(&self, name: &str, value: &str) {
        self.server.tell(&["CONFIG", "SET", name, value]).await;
    }

    /// Stores so much data, and makes the server take so long for each piece of it, that loading
    /// takes half a minute, or until [`load_fast`](Self::load_fast).
    pub(crate) async fn load_slowly(&self) {
        self.server.tell(&["EVAL", FILL, "0"]).await;
        self.set("rdbcompression", "no").await;
        self.set("loading-process-events-interval-bytes", "1024").await;
        self.set("key-load-delay", "10000").await;
    }

    /// Lets the server load the rest at once.
    pub(crate) async fn load_fast(&self) {
        self.set("key-load-delay", "0").await;
    }

    /// Changes the rights of the nodes' user.
    pub(crate) async fn grant(&self, rules: &[&str]) {
        self.server.tell(&[&["ACL", "SETUSER", "default"], rules].concat()).await;
    }

    /// Waits until the server replies to `PING` with this error.
    pub(crate) async fn server_replies(&self, code: &str) {
        eventually("the server replies with the error", PATIENCE, async || {
            let error = self.server.command(&["PING"]).await.err()?;
            (error.code() == Some(code)).then_some(())
        })
        .await;
    }
}

/// Returns the builder of a node with the Redis at `url`.
pub(crate) fn builder(url: &str, backend: Backend) -> CachesBuilder {
    Caches::builder()
        .isolated()
        .redis_url(url)
        .all(CacheSettings::new().backend(backend).jitter(0.0))
}

/// Has Redis store the value 1 of the key 1, and waits until `node`, whose budget may be too short
/// for that on a busy machine, is connected.
pub(crate) async fn stored(place: &Place, node: &Caches) {
    place.direct_node().await.scope(number::put(1, 1)).await;
    becomes(node, "its health is good", |health| health.status == Status::Up).await;
}

/// Returns the outcome of `work` where its first poll has it.
pub(crate) async fn at_once<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|cx| {
        let outcome = work.as_mut().poll(cx);
        Poll::Ready(if let Poll::Ready(outcome) = outcome { Some(outcome) } else { None })
    })
    .await
}

/// Returns the outcome of `work`, and fails if it is stuck.
pub(crate) async fn returns<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(WATCHDOG, work).await.expect("it comes to an end")
}

/// Returns the median of these times.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Returns the time that `call` takes, and checks its value.
pub(crate) async fn time<T: PartialEq + Debug>(
    call: impl Future<Output = T>,
    value: T,
) -> Duration {
    let began = Instant::now();
    assert_eq!(returns(call).await, value);
    began.elapsed()
}

pub(crate) async fn health(node: &Caches) -> Health {
    returns(node.health()).await
}

/// Waits until the health of `node` is so, and returns it.
pub(crate) async fn becomes(node: &Caches, what: &str, is_so: impl Fn(&Health) -> bool) -> Health {
    eventually(what, PATIENCE, async || Some(health(node).await).filter(&is_so)).await
}

/// Waits until the health of `node` is good, and both nodes read the values that the other has put.
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
