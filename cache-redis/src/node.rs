//! What one node knows beside its connections: who it is, what it must not forget to tell, and who in it waits for a load elsewhere.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Instant,
};

use cachery_core::remote::{Reason, RemoteEvents, RemoteKey};
use redis::Pipeline;
use tokio::sync::{Notify, futures::OwnedNotified};

use crate::{
    journal::{Id, Journal, What},
    names::{Kind, Names, Pushed},
    scripts::{CLEAR, INVALIDATE, Script},
    server::ServerHooks,
};

pub(crate) struct Node {
    /// Random: markers carry it, so that a node knows its own.
    pub(crate) id: u64,
    pub(crate) names: Names,
    pub(crate) journal: Journal,
    events: Arc<dyn RemoteEvents>,
    /// Callers who wait for another node's load, by its key's digest.
    waiting: Mutex<HashMap<[u8; 32], Weak<Notify>>>,
}

/// Waiting rooms that may be empty before they are looked through.
const ROOMS: usize = 1024;

impl Node {
    pub(crate) fn new(prefix: &str, events: Arc<dyn RemoteEvents>) -> Self {
        let names = Names::new(prefix);
        let journal = Journal::new(names.clone());
        Self { id: fastrand::u64(..), names, journal, events, waiting: Mutex::default() }
    }

    /// Ready when another node says that a look at `key` is worth while, from now on.
    pub(crate) fn call_for(&self, key: &RemoteKey) -> OwnedNotified {
        let mut waiting = self.waiting();
        if waiting.len() >= ROOMS {
            waiting.retain(|_, room| room.strong_count() > 0);
        }
        let room = waiting.entry(key.digest.0).or_default();
        let notify = room.upgrade().unwrap_or_else(|| {
            let notify = Arc::<Notify>::default();
            *room = Arc::downgrade(&notify);
            notify
        });
        notify.notified_owned()
    }

    fn call(&self, digest: &[u8; 32]) {
        let room = self.waiting().remove(digest).and_then(|room| room.upgrade());
        // Without the lock: it wakes tasks, and wakers are not ours.
        if let Some(room) = room {
            room.notify_waiters();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<[u8; 32], Weak<Notify>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The script that makes `what` unreadable, with its keys.
    pub(crate) fn undo(&self, what: &What) -> (&'static Script, Vec<Vec<u8>>) {
        match what {
            What::Key(key) => (&INVALIDATE, self.all_of(key).into()),
            What::Cache(name) => {
                (&CLEAR, vec![self.names.generation(name), self.names.cleared(name, self.id)])
            }
        }
    }

    /// A key with its companions and markers, as scripts take them.
    pub(crate) fn all_of(&self, key: &RemoteKey) -> [Vec<u8>; 6] {
        let Self { names, id, .. } = self;
        [
            names.value(key),
            names.token(key),
            names.lease(key),
            names.waiters(key),
            names.changed(key, Kind::Invalidated, *id),
            names.changed(key, Kind::WakeUp, *id),
        ]
    }

    fn heard(&self, pushed: Pushed<'_>) {
        match pushed {
            Pushed::Changed { digest, kind: Kind::WakeUp, .. } => self.call(&digest.0),
            // What this node did itself, it has done to its memory already.
            Pushed::Changed { node, .. } | Pushed::Cleared { node, .. } if node == self.id => {}
            Pushed::Changed { fingerprint, digest, .. } => self.events.invalidated(fingerprint, &digest),
            Pushed::Cleared { name, .. } => self.events.cleared(name),
        }
    }
}

impl ServerHooks for Node {
    fn lost(&self, owns: &dyn Fn(u16) -> bool) {
        self.journal.lost(owns, Instant::now());
    }

    fn suspect(&self, owns: &dyn Fn(u16) -> bool) {
        self.journal.suspect(owns, Instant::now());
    }

    fn has_outstanding(&self) -> bool {
        self.journal.has_outstanding()
    }

    fn queued(&self, owns: &dyn Fn(u16) -> bool) -> usize {
        self.journal.queued(owns)
    }

    fn outstanding(&self, owns: &dyn Fn(u16) -> bool) -> Vec<(u64, Pipeline)> {
        let request = |(id, what): (Id, What)| {
            let (script, keys) = self.undo(&what);
            (id.number(), script.by_source(&keys, &[]))
        };
        self.journal.outstanding(owns).into_iter().map(request).collect()
    }

    fn done(&self, id: u64) {
        self.journal.acknowledged(Id::from(id), Instant::now());
    }

    fn pushed(&self, names: &[Vec<u8>]) {
        names.iter().filter_map(|name| self.names.parse(name)).for_each(|pushed| self.heard(pushed));
    }

    fn flushed(&self) {
        self.events.distrusted();
    }

    fn cut_off(&self) {
        self.events.cut_off();
    }

    fn restored(&self) {
        self.events.distrusted();
    }
}

/// An invalidation that is being tried. Dropped before it is acknowledged, it is noted as outstanding: neither a failure nor a caller
/// who went away loses it.
pub(crate) struct Attempt<'a> {
    node: &'a Node,
    what: Option<What>,
    /// How often servers were suspected when it began: one that is, in between, may have forgotten it again.
    suspicions: u64,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(node: &'a Node, what: What) -> Self {
        Self { node, what: Some(what), suspicions: node.journal.suspicions() }
    }

    pub(crate) fn what(&self) -> &What {
        self.what.as_ref().expect("there until it is acknowledged")
    }

    /// It need not be done.
    pub(crate) fn over(mut self) {
        self.what = None;
    }

    /// The server has done it.
    pub(crate) fn acknowledged(mut self) {
        if let Some(what) = self.what.take() {
            self.node.journal.record(what, self.suspicions, Instant::now());
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(what) = self.what.take() {
            self.node.journal.add(what);
        }
    }
}

/// Sixteen bytes that nobody has had before.
pub(crate) fn random() -> Result<[u8; 16], Reason> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Reason::NoRandomness)?;
    Ok(bytes)
}
