//! Connections under test, and hooks that keep what they are told.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake},
    thread,
    time::Duration,
};

use cachery_core::remote::{Operation, Reason, Target};
use cachery_test_support::{eventually, wait_for};
use redis::{Pipeline, Value};

use super::super::Servers;
use crate::{
    connection::Script,
    manager,
    server::{FeedNames, Lane, Replay, ReplayId, ServerHooks, Watched},
};

/// Longer than anything should take.
pub(super) const LONG: Duration = Duration::from_secs(20);
/// The time that a caller gives a request that is to run out of it.
pub(super) const BUDGET: Duration = Duration::from_millis(200);
/// The time that a caller gives any other request: more than a busy machine needs.
const AMPLE: Duration = Duration::from_secs(2);

/// Waits until something is so, and blocks the thread meanwhile.
pub(super) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for(what, LONG, || is_so().then_some(()));
}

/// As [`wait_until`], without blocking the thread.
pub(super) async fn until_true(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    eventually(what, LONG, async || is_so().await.then_some(())).await;
}

/// Hooks that keep what they are told.
#[derive(Default)]
pub(super) struct HookLog {
    pub(super) lines: Mutex<Vec<String>>,
    /// The key that is written again after each new session.
    pub(super) journal: Mutex<Option<String>>,
    waiting: Mutex<BTreeMap<ReplayId, String>>,
    next: AtomicUsize,
    outstanding: AtomicBool,
}

impl HookLog {
    fn write(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }

    pub(super) fn count(&self, line: &str) -> usize {
        self.lines.lock().unwrap().iter().filter(|known| *known == line).count()
    }
}

impl ServerHooks for HookLog {
    fn lost(&self, _owns: &dyn Fn(u16) -> bool) {
        self.write("lost");
    }

    fn suspect(&self, _owns: &dyn Fn(u16) -> bool) {
        self.write("suspect");
        if let Some(key) = &*self.journal.lock().unwrap() {
            let id = ReplayId(self.next.fetch_add(1, SeqCst) as u64);
            self.waiting.lock().unwrap().insert(id, key.clone());
            self.outstanding.store(true, SeqCst);
        }
    }

    fn has_outstanding(&self) -> bool {
        self.outstanding.load(SeqCst)
    }

    fn queued(&self, _owns: &dyn Fn(u16) -> bool) -> usize {
        self.waiting.lock().unwrap().len()
    }

    fn outstanding(&self, _owns: &dyn Fn(u16) -> bool) -> Vec<Replay> {
        static PUSH: Script = Script::new("", "return redis.call('RPUSH', KEYS[1], 'replayed')");
        let waiting = self.waiting.lock().unwrap();
        let replay = |(id, key): (&ReplayId, &String)| Replay {
            id: *id,
            script: &PUSH,
            keys: vec![key.clone().into_bytes()],
        };
        waiting.iter().map(replay).collect()
    }

    fn done(&self, ids: &[ReplayId]) {
        let mut waiting = self.waiting.lock().unwrap();
        for id in ids {
            self.write("done");
            waiting.remove(id);
        }
        self.outstanding.store(!waiting.is_empty(), SeqCst);
    }

    fn profile_request(&self, _owns: &dyn Fn(u16) -> bool) -> Option<Pipeline> {
        None
    }

    fn profiles(&self, _replies: Vec<Value>) {}

    fn pushed(&self, names: &[Vec<u8>]) {
        for name in names {
            self.write(String::from_utf8_lossy(name));
        }
    }

    fn flushed(&self) {
        self.write("flushed");
    }

    fn cut_off(&self) {
        self.write("cut off");
    }

    fn restored(&self) {
        self.write("restored");
    }
}

pub(super) fn target(url: &str) -> Target {
    let mut target = Target::default();
    url.clone_into(&mut target.url);
    target
}

pub(super) fn open(url: &str) -> (Arc<Servers>, Arc<HookLog>) {
    open_target(&target(url))
}

pub(super) fn open_target(target: &Target) -> (Arc<Servers>, Arc<HookLog>) {
    open_for(target, None, false)
}

/// Opens servers that may tell of changes by a feed.
pub(super) fn open_with_feed(url: &str, feed: FeedNames) -> (Arc<Servers>, Arc<HookLog>) {
    open_for(&target(url), Some(feed), false)
}

/// Opens servers for a start that fails without them.
pub(super) fn open_required(url: &str) -> Arc<Servers> {
    open_for(&target(url), None, true).0
}

fn open_for(
    target: &Target,
    feed: Option<FeedNames>,
    required: bool,
) -> (Arc<Servers>, Arc<HookLog>) {
    let hooks = Arc::new(HookLog::default());
    let watched = Watched { prefix: b"p:".to_vec(), feed };
    let told = Arc::clone(&hooks) as Arc<dyn ServerHooks>;
    let servers = Servers::open(target, watched, told, required).unwrap();
    (servers, hooks)
}

/// Sends one command to the server of slot 0.
pub(super) async fn ask(servers: &Servers, words: &[&str]) -> Result<Value, Reason> {
    ask_slot(servers, 0, words).await
}

/// As [`ask`], with a short budget.
pub(super) async fn ask_briefly(servers: &Servers, words: &[&str]) -> Result<Value, Reason> {
    request(servers, 0, words, BUDGET).await
}

pub(super) async fn ask_slot(
    servers: &Servers,
    slot: u16,
    words: &[&str],
) -> Result<Value, Reason> {
    request(servers, slot, words, AMPLE).await
}

/// Sends several commands at once to the server of `slot`.
pub(super) async fn ask_all(
    servers: &Servers,
    slot: u16,
    commands: &[&[&str]],
) -> Result<Vec<Value>, Reason> {
    request_all(servers, slot, commands, AMPLE).await
}

async fn request(
    servers: &Servers,
    slot: u16,
    words: &[&str],
    within: Duration,
) -> Result<Value, Reason> {
    request_all(servers, slot, &[words], within).await.map(|mut replies| replies.remove(0))
}

async fn request_all(
    servers: &Servers,
    slot: u16,
    commands: &[&[&str]],
    within: Duration,
) -> Result<Vec<Value>, Reason> {
    let mut pipeline = redis::pipe();
    for words in commands {
        pipeline.cmd(words[0]).arg(&words[1..]);
    }
    servers.request(slot, (&pipeline).into(), Operation::Get, within, Lane::Main).await
}

/// Returns the reason for which the server is not reached, once it was tried.
pub(super) async fn not_connected(servers: &Servers) -> String {
    for server in servers.members() {
        let tried = manager::until(pin!(manager::timer(LONG)), pin!(server.tried())).await;
        tried.expect("it is tried");
    }
    servers.connected(BUDGET).await.unwrap_err().to_string()
}

/// Runs a future on this thread, without a runtime.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
