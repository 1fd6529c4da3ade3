//! Two nodes of one Redis: `a` comes by a link that can hold things up, `b` does not.

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

/// More than a busy machine takes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Of nodes whose calls wait until what is held up gets through.
const PATIENT: Duration = Duration::from_secs(8);
/// Of nodes whose calls do not.
const IN_A_HURRY: Duration = Duration::from_secs(1);
/// Long enough to hold a fill up that follows what was delayed.
const DELAY: Duration = Duration::from_millis(500);
/// How long a lease lives that nobody renews.
const LEAST_LIFE: Duration = Duration::from_secs(3);
/// The key of all tests.
const KEY: u64 = 1;
/// One that only shows the way to Redis.
const OTHER_KEY: u64 = 2;

/// Returns `value` when it is let out.
#[cached(name = "late-fills-number", ttl = 3600, skip(value, probe))]
pub(crate) async fn answer(_key: u64, value: u32, probe: Arc<Probe>) -> u32 {
    probe.run().await;
    value
}

pub(crate) struct Scene {
    pub(crate) server: Server,
    link: Proxy,
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
        let task = tokio::spawn(node.clone().scope(answer(KEY, value, Arc::clone(&probe))));
        until(|| probe.runs() == 1).await;
        Self { probe, task }
    }

    /// One whose body is ready.
    fn make(node: &Caches, value: u32) -> Self {
        let probe = Probe::opened();
        let task = tokio::spawn(node.clone().scope(answer(KEY, value, Arc::clone(&probe))));
        Self { probe, task }
    }

    pub(crate) async fn leave(self) {
        self.task.abort();
        assert!(self.task.await.is_err(), "it waits for Redis");
    }

    pub(crate) fn let_out(&self) {
        self.probe.open();
    }

    pub(crate) async fn end(self) -> u32 {
        ended(self.task).await.expect("a call does not panic")
    }
}

impl Scene {
    pub(crate) async fn of_each_backend() -> [Self; 2] {
        Self::both(PATIENT, true).await
    }

    pub(crate) async fn of_each_backend_in_a_hurry() -> [Self; 2] {
        Self::both(IN_A_HURRY, true).await
    }

    pub(crate) async fn of_each_backend_without_leases() -> [Self; 2] {
        Self::both(PATIENT, false).await
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
        let link = Proxy::to(server.address());
        let builder = || Caches::builder().isolated().all(settings);
        let a = open(builder().redis_url(server.url_through(&link)).remote_deadline(deadline)).await;
        let b = open(builder().redis_url(server.url()).remote_deadline(PATIENT)).await;
        Self { server, link, a, b }
    }

    pub(crate) async fn begin_on_a(&self, value: u32) -> Call {
        Call::begin(&self.a, value).await
    }

    pub(crate) async fn begin_on_b(&self, value: u32) -> Call {
        Call::begin(&self.b, value).await
    }

    pub(crate) async fn load_on_b(&self, value: u32) -> u32 {
        self.b.scope(answer(KEY, value, Probe::opened())).await
    }

    pub(crate) async fn refresh_on_b(&self, value: u32) -> u32 {
        self.b.scope(answer::refresh(KEY, value, Probe::opened())).await
    }

    pub(crate) async fn invalidate_on_b(&self) {
        assert_eq!(self.b.scope(answer::invalidate(KEY)).await, Invalidation::Everywhere);
    }

    pub(crate) async fn clear_on_b(&self) {
        assert_eq!(self.b.sync_scope(answer::cache).clear().await, Invalidation::Everywhere);
    }

    /// A call of node `a` that Redis has had a look for, while [replies are held](Self::hold_replies).
    pub(crate) async fn call_on_a(&self, value: u32) -> Call {
        let before = self.server.calls("mget").await;
        let call = Call::make(&self.a, value);
        let more = async || (self.server.calls("mget").await > before).then_some(());
        eventually("Redis is asked", PATIENCE, more).await;
        call
    }

    /// A call of node `a` whose next word from Redis is held up when that grants it a lease.
    pub(crate) async fn call_that_leaves_before_its_grant(&self) -> Call {
        self.link.delay(Requests, DELAY);
        let call = self.call_on_a(1).await;
        // Its look was answered; what it asks next is still on its way.
        self.until_held().await;
        self.hold_replies();
        call
    }

    /// What Redis tells node `a` waits on its way from here on.
    pub(crate) fn hold_replies(&self) {
        self.link.stall(Replies);
    }

    /// A put of node `a` that has its token, and whose fill is held up.
    pub(crate) async fn put_on_its_way(&self, value: u32) -> JoinHandle<()> {
        self.link.delay(Requests, DELAY);
        let put = tokio::spawn(self.a.clone().scope(answer::put(KEY, value)));
        self.until_there_is("token").await;
        self.hold_requests();
        self.until_held().await;
        put
    }

    /// What node `a` asks of Redis waits on its way from here on.
    pub(crate) fn hold_requests(&self) {
        self.link.stall(Requests);
    }

    pub(crate) async fn until_held(&self) {
        until(|| self.link.held(Requests) > 0).await;
    }

    pub(crate) fn let_pass(&self) {
        self.link.pass();
    }

    /// Takes a companion of the key away, as an eviction does.
    pub(crate) async fn lose(&self, companion: &str) {
        let key = self.companion(companion).await.expect("it is there");
        assert_eq!(self.server.ask::<u32>(&["DEL", &key]).await, 1);
    }

    /// Lets a companion of the key come to its end.
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

    /// Before it ends by itself.
    pub(crate) async fn until_there_is_no(&self, companion: &str) {
        let there_is_none = async || self.companion(companion).await.is_none().then_some(());
        eventually(&format!("there is no {companion}"), 2 * LEAST_LIFE / 3, there_is_none).await;
    }

    async fn companion(&self, companion: &str) -> Option<String> {
        let keys =
            self.server.ask::<Vec<String>>(&["KEYS", &format!("*:late-fills-number:*:{companion}")]).await;
        keys.into_iter().next()
    }

    /// How often scripts were run, by whomever.
    pub(crate) async fn scripts_run(&self) -> u64 {
        self.server.calls("evalsha").await
    }

    pub(crate) async fn until_more_scripts_ran_than(&self, before: u64) {
        let more = async || (self.scripts_run().await > before).then_some(());
        eventually("what was held up arrives", PATIENCE, more).await;
    }

    pub(crate) fn fenced_on_a(&self) -> u64 {
        self.a.sync_scope(|| answer::cache().stats().remote.fenced)
    }

    /// The fill of node `a` was refused, and nobody has its value.
    pub(crate) async fn assert_dropped(&self) {
        assert_eq!(self.fenced_on_a(), 1);
        self.assert_absent().await;
    }

    pub(crate) async fn assert_absent(&self) {
        for node in [&self.a, &self.b] {
            assert_eq!(node.scope(answer::peek(KEY)).await, None);
        }
    }

    /// Memory follows by a push.
    pub(crate) async fn until_absent_on_a(&self) {
        self.until_a_has(None).await;
    }

    pub(crate) async fn assert_kept(&self, value: u32) {
        assert_eq!(self.b.scope(answer::peek(KEY)).await, Some(value));
        self.until_a_has(Some(value)).await;
    }

    async fn until_a_has(&self, value: Option<u32>) {
        let has = async || (self.a.scope(answer::peek(KEY)).await == value).then_some(());
        eventually(&format!("node a has {value:?}"), PATIENCE, has).await;
    }
}

/// A node, and a server that knows its scripts: else what is held up would be refused for that.
async fn open(builder: CachesBuilder) -> Caches {
    let node = builder.build().await.expect("the settings are right");
    node.scope(async {
        answer(OTHER_KEY, 0, Probe::opened()).await;
        answer::invalidate(OTHER_KEY).await;
    })
    .await;
    node
}
