//! Two nodes of one Redis. Node `a` is behind a proxy that can hold bytes back, `b` is not.

use std::{sync::Arc, time::Duration};

use cachery::{
    Backend, Caches, Invalidation, cached,
    config::{CacheSettings, CachesBuilder},
};
use cachery_test_support::{
    Direction::{Replies, Requests},
    Probe, Proxy, Server, ended, eventually, until,
};
use tokio::task::JoinHandle;

/// More than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(10);
/// The budget of calls that wait until the held bytes pass.
const LONG_BUDGET: Duration = Duration::from_secs(8);
/// The budget of calls that do not.
const SHORT_BUDGET: Duration = Duration::from_secs(1);
/// Long enough that the fill after a delayed request is held back.
const DELAY: Duration = Duration::from_millis(500);
/// The key of all tests.
const KEY: u64 = 1;
/// The pattern of the names of values in Redis.
const VALUE: &str = "*:late-fills-number:*}";
/// A key that is called only so that connections and scripts are there.
const OTHER_KEY: u64 = 2;

/// Returns `value` when the probe lets it out.
#[cached(name = "late-fills-number", ttl = 3600, skip(value, probe))]
pub(crate) async fn number(_key: u64, value: u32, probe: Arc<Probe>) -> u32 {
    probe.run().await;
    value
}

pub(crate) struct TwoNodes {
    pub(crate) server: Server,
    proxy: Proxy,
    pub(crate) a: Caches,
    pub(crate) b: Caches,
}

/// A call whose load runs until it is let out.
pub(crate) struct Call {
    probe: Arc<Probe>,
    task: JoinHandle<u32>,
}

impl Call {
    async fn begin(node: &Caches, value: u32) -> Self {
        let probe = Probe::closed();
        let task = tokio::spawn(node.clone().scope(number(KEY, value, Arc::clone(&probe))));
        until(|| probe.runs() == 1).await;
        Self { probe, task }
    }

    /// Makes a call whose load does not wait.
    fn make(node: &Caches, value: u32) -> Self {
        let probe = Probe::opened();
        let task = tokio::spawn(node.clone().scope(number(KEY, value, Arc::clone(&probe))));
        Self { probe, task }
    }

    /// Cancels the call, and does `then` before anything else happens on the thread.
    pub(crate) async fn cancel(self, then: impl FnOnce()) {
        self.task.abort();
        then();
        assert!(self.task.await.is_err(), "it waits for Redis");
    }

    pub(crate) fn let_out(&self) {
        self.probe.open();
    }

    pub(crate) async fn end(self) -> u32 {
        ended(self.task).await.expect("a call does not panic")
    }
}

impl TwoNodes {
    pub(crate) async fn of_each_backend() -> [Self; 2] {
        Self::both(LONG_BUDGET, true).await
    }

    pub(crate) async fn of_each_backend_with_a_short_budget() -> [Self; 2] {
        Self::both(SHORT_BUDGET, true).await
    }

    pub(crate) async fn of_each_backend_without_leases() -> [Self; 2] {
        Self::both(LONG_BUDGET, false).await
    }

    async fn both(deadline: Duration, leases: bool) -> [Self; 2] {
        let settings = |backend| CacheSettings::new().backend(backend).lease(leases);
        [
            Self::new(deadline, settings(Backend::Redis)).await,
            Self::new(deadline, settings(Backend::Tiered)).await,
        ]
    }

    async fn new(deadline: Duration, settings: CacheSettings) -> Self {
        let server = Server::start().await;
        let proxy = Proxy::to(server.address());
        let builder = || Caches::builder().isolated().all(settings);
        let a =
            open(builder().redis_url(server.url_through(&proxy)).remote_deadline(deadline)).await;
        let b = open(builder().redis_url(server.url()).remote_deadline(LONG_BUDGET)).await;
        Self { server, proxy, a, b }
    }

    pub(crate) async fn begin_on_a(&self, value: u32) -> Call {
        Call::begin(&self.a, value).await
    }

    pub(crate) async fn begin_on_b(&self, value: u32) -> Call {
        Call::begin(&self.b, value).await
    }

    pub(crate) async fn load_on_b(&self, value: u32) -> u32 {
        self.b.scope(number(KEY, value, Probe::opened())).await
    }

    pub(crate) async fn refresh_on_b(&self, value: u32) -> u32 {
        self.b.scope(number::refresh(KEY, value, Probe::opened())).await
    }

    pub(crate) async fn invalidate_on_b(&self) {
        assert_eq!(self.b.scope(number::invalidate(KEY)).await, Invalidation::Everywhere);
    }

    pub(crate) async fn clear_on_b(&self) {
        assert_eq!(self.b.sync_scope(number::cache).clear().await, Invalidation::Everywhere);
    }

    /// Makes a call of node `a` that has asked Redis for the value, while [replies are held
    /// back](Self::hold_replies).
    pub(crate) async fn call_on_a(&self, value: u32) -> Call {
        let before = self.server.calls("mget").await;
        let call = Call::make(&self.a, value);
        let more = async || (self.server.calls("mget").await > before).then_some(());
        eventually("Redis is asked", PATIENCE, more).await;
        call
    }

    /// Makes a call of node `a` to which Redis grants a lease in a reply that is held back.
    pub(crate) async fn call_that_is_cancelled_before_its_grant(&self) -> Call {
        self.server.tell(&["CLIENT", "PAUSE", "10000", "WRITE"]).await;
        let call = Call::make(&self.a, 1);
        let is_blocked = async || {
            let connections = self.server.connections().await;
            connections.iter().any(|line| line.contains(" flags=b ")).then_some(())
        };
        eventually("the request for a lease is there", PATIENCE, is_blocked).await;
        self.hold_replies();
        self.server.tell(&["CLIENT", "UNPAUSE"]).await;
        call
    }

    /// Holds back all replies to node `a` from now on.
    pub(crate) fn hold_replies(&self) {
        self.proxy.stall(Replies);
    }

    /// Begins a put of node `a` that has its token and whose fill is held back. On a busy machine the
    /// fill may arrive before it can be held. Then it is tried again.
    pub(crate) async fn put_on_its_way(&self, value: u32) -> JoinHandle<()> {
        loop {
            self.proxy.delay(Requests, DELAY);
            let put = tokio::spawn(self.a.clone().scope(number::put(KEY, value)));
            self.until_there_is("token").await;
            self.hold_requests();
            self.until_held().await;
            if self.server.ask::<Vec<String>>(&["KEYS", VALUE]).await.is_empty() {
                return put;
            }
            self.let_pass();
            ended(put).await.expect("a put does not panic");
            self.invalidate_on_b().await;
        }
    }

    /// Holds back all requests of node `a` from now on.
    pub(crate) fn hold_requests(&self) {
        self.proxy.stall(Requests);
    }

    pub(crate) async fn until_held(&self) {
        until(|| self.proxy.held(Requests) > 0).await;
    }

    pub(crate) fn let_pass(&self) {
        self.proxy.pass();
    }

    /// Deletes a companion of the key, as an eviction does.
    pub(crate) async fn lose(&self, companion: &str) {
        let key = self.companion(companion).await.expect("it is there");
        assert_eq!(self.server.ask::<u32>(&["DEL", &key]).await, 1);
    }

    /// Makes a companion of the key expire.
    pub(crate) async fn expire(&self, companion: &str) {
        let key = self.companion(companion).await.expect("it is there");
        assert_eq!(self.server.ask::<u32>(&["PEXPIRE", &key, "1"]).await, 1);
        eventually("it expires", PATIENCE, async || {
            (self.server.ask::<u32>(&["EXISTS", &key]).await == 0).then_some(())
        })
        .await;
    }

    pub(crate) async fn until_there_is(&self, companion: &str) {
        let there_is = async || self.companion(companion).await;
        eventually(&format!("there is a {companion}"), PATIENCE, there_is).await;
    }

    /// Makes a companion of the key live until it is deleted.
    pub(crate) async fn keep(&self, companion: &str) {
        let key = self.companion(companion).await.expect("it is there");
        assert_eq!(self.server.ask::<u32>(&["PERSIST", &key]).await, 1);
    }

    pub(crate) async fn until_there_is_no(&self, companion: &str) {
        let there_is_none = async || self.companion(companion).await.is_none().then_some(());
        eventually(&format!("there is no {companion}"), PATIENCE, there_is_none).await;
    }

    async fn companion(&self, companion: &str) -> Option<String> {
        let keys = self
            .server
            .ask::<Vec<String>>(&["KEYS", &format!("*:late-fills-number:*:{companion}")])
            .await;
        keys.into_iter().next()
    }

    /// Returns the number of runs of scripts, by any node.
    pub(crate) async fn scripts_run(&self) -> u64 {
        self.server.calls("evalsha").await
    }

    pub(crate) async fn until_more_scripts_ran_than(&self, before: u64) {
        let more = async || (self.scripts_run().await > before).then_some(());
        eventually("the held bytes arrive", PATIENCE, more).await;
    }

    pub(crate) fn fenced_on_a(&self) -> u64 {
        self.a.sync_scope(|| number::cache().stats().remote.fenced)
    }

    /// Checks that the fill of node `a` was dropped and that no node has its value.
    pub(crate) async fn assert_dropped(&self) {
        assert_eq!(self.fenced_on_a(), 1);
        self.assert_absent().await;
    }

    pub(crate) async fn assert_absent(&self) {
        for node in [&self.a, &self.b] {
            assert_eq!(node.scope(number::peek(KEY)).await, None);
        }
    }

    /// Waits until a push has removed the entry from the memory of node `a`.
    pub(crate) async fn until_absent_on_a(&self) {
        self.until_a_has(None).await;
    }

    pub(crate) async fn assert_kept(&self, value: u32) {
        assert_eq!(self.b.scope(number::peek(KEY)).await, Some(value));
        self.until_a_has(Some(value)).await;
    }

    async fn until_a_has(&self, value: Option<u32>) {
        let has = async || (self.a.scope(number::peek(KEY)).await == value).then_some(());
        eventually(&format!("node a has {value:?}"), PATIENCE, has).await;
    }
}

/// Builds a node, and makes its server know the scripts: else a fill that is held back would be
/// refused for that.
async fn open(builder: CachesBuilder) -> Caches {
    let node = builder.build().await.expect("the settings are right");
    node.scope(async {
        number(OTHER_KEY, 0, Probe::opened()).await;
        number::invalidate(OTHER_KEY).await;
    })
    .await;
    node
}
