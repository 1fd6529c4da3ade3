//! One node: its identity, the invalidations that it must not lose, and its waiting callers.

use std::{sync::Arc, time::Instant};

use cachery_core::{
    Ending,
    remote::{RemoteEvents, RemoteKey},
};
use redis::{Pipeline, Value};

use super::{
    journal::{Journal, JournalFile, Kind, Scope, TagPart},
    names::{Change, Names, Pushed},
    profiles::{self, Profiles},
    scripts::{ANNOUNCE, CLEAR, END_TAG, EXPIRE, EXPIRE_ALL, EXPIRE_TAG, INVALIDATE},
    waiters::Waiters,
    work::Work,
};
use crate::{
    connection::Script,
    server::{FeedNames, Replay, ReplayId, ServerHooks, Watched},
    slots::slot,
};

/// The feed of changes.
struct Feed {
    names: FeedNames,
    /// True in a Cluster: a script has one slot, so another one tells the feed of what it did.
    is_apart: bool,
}

/// One node.
pub(super) struct Node {
    /// Random. Markers carry it, so that a node knows its own.
    pub(super) id: u64,
    pub(super) names: Names,
    pub(super) journal: Journal,
    pub(super) waiters: Waiters,
    pub(super) work: Arc<Work>,
    profiles: Option<Profiles>,
    /// The feed of changes, where there may be one.
    feed: Option<Feed>,
    events: Arc<dyn RemoteEvents>,
}

impl Node {
    /// Returns a node, whose queue is kept in the file at the path `journal`, if there is one.
    pub(super) fn new(
        prefix: &str,
        events: Arc<dyn RemoteEvents>,
        journal: Option<String>,
    ) -> Self {
        let id = fastrand::u64(..);
        let names = Names::new(prefix);
        let file = journal.map(|path| JournalFile::new(path, names.clone(), id));
        let work = Arc::<Work>::default();
        let journal = Journal::new(names.clone(), Arc::clone(&work));
        let journal = match file {
            Some(file) => journal.kept_in(file),
            None => journal,
        };
        let waiters = Waiters::default();
        Self { id, names, journal, waiters, work, profiles: None, feed: None, events }
    }

    /// Has scripts write to the feed; in a Cluster, one for what the others did.
    pub(super) fn with_feed(mut self, is_cluster: bool) -> Self {
        let Self { names, id, .. } = &self;
        let (feed, pulses) = (names.feed(), names.pulses(*id));
        let names = FeedNames { slot: slot(&feed), feed, pulses };
        self.feed = Some(Feed { names, is_apart: is_cluster });
        if is_cluster {
            self.journal = self.journal.announcing();
        }
        self
    }

    /// Returns the places by which servers tell of changes.
    pub(super) fn watched(&self) -> Watched {
        Watched {
            prefix: self.names.watched(),
            feed: self.feed.as_ref().map(|feed| feed.names.clone()),
        }
    }

    /// Notes the profile of this node in Redis, beside those of others.
    pub(super) fn under(self, profiles: Profiles) -> Self {
        Self { profiles: Some(profiles), ..self }
    }

    /// Returns the script that invalidates `scope`, with its keys.
    pub(super) fn invalidation_of(&self, scope: &Scope) -> (&'static Script, Vec<Vec<u8>>) {
        let (kind, keys) = scope.keys(&self.names, self.id);
        let script = match kind {
            Kind::Key(Ending::Invalid) => &INVALIDATE,
            Kind::Key(Ending::Expired) => &EXPIRE,
            // What is absent is a new one, for a cache as for a tag.
            Kind::Cache(Ending::Invalid) | Kind::Tag(TagPart::Named, Ending::Invalid) => &CLEAR,
            Kind::Cache(Ending::Expired) | Kind::Tag(TagPart::Named, Ending::Expired) => {
                &EXPIRE_ALL
            }
            Kind::Tag(_, Ending::Invalid) => &END_TAG,
            Kind::Tag(_, Ending::Expired) => &EXPIRE_TAG,
            Kind::Feed => &ANNOUNCE,
        };
        // The part without a marker tells nobody of anything.
        let is_silent = matches!(kind, Kind::Tag(TagPart::Returned, _));
        (script, if is_silent { keys } else { self.and_feed(keys) })
    }

    /// Returns the keys of a script that tells nodes of something, the feed behind them where the
    /// script is to tell it.
    pub(super) fn and_feed(&self, keys: impl Into<Vec<Vec<u8>>>) -> Vec<Vec<u8>> {
        let mut keys = keys.into();
        let feed = self.feed.as_ref().filter(|feed| !feed.is_apart);
        keys.extend(feed.map(|feed| feed.names.feed.clone()));
        keys
    }

    /// Returns the feed that another script is to tell of what scripts did, if there is one.
    pub(super) fn feed_apart(&self) -> Option<&[u8]> {
        self.feed.as_ref().filter(|feed| feed.is_apart).map(|feed| &*feed.names.feed)
    }

    /// Returns the marker by which nodes know the end of `scope`.
    pub(super) fn marker_of(&self, scope: &Scope) -> Option<Vec<u8>> {
        let (kind, mut keys) = scope.keys(&self.names, self.id);
        kind.marker().map(|place| keys.swap_remove(place))
    }

    /// Returns a key with its companions and markers, as scripts take them.
    pub(super) fn all_of(&self, key: &RemoteKey) -> [Vec<u8>; 6] {
        self.names.all_of(key, Ending::Invalid, self.id)
    }

    fn received(&self, pushed: Pushed<'_>) {
        if let Pushed::Changed { digest, .. } = &pushed {
            // Also after an invalidation: the load that they wait for stores nothing any more.
            self.waiters.wake(digest);
        }
        match pushed {
            Pushed::Changed { change: Change::WakeUp, .. } => {}
            // This node has done to its memory already what it did itself.
            Pushed::Changed { node, .. }
            | Pushed::Cache { node, .. }
            | Pushed::Tag { node, .. }
                if node == self.id => {}
            Pushed::Changed { identity, digest, change: Change::Ended(ending), .. } => {
                self.events.invalidated(identity, &digest, ending);
            }
            Pushed::Cache { name, ending, .. } => self.events.cache_invalidated(name, ending),
            Pushed::Tag { name, digest, ending, .. } => {
                self.events.tag_invalidated(name, digest, ending);
            }
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

    fn outstanding(&self, owns: &dyn Fn(u16) -> bool) -> Vec<Replay> {
        let replay = |(id, scope): (ReplayId, Scope)| {
            let (script, keys) = self.invalidation_of(&scope);
            Replay { id, script, keys }
        };
        self.journal.outstanding(owns).into_iter().map(replay).collect()
    }

    fn done(&self, ids: &[ReplayId]) {
        self.journal.acknowledged(ids, Instant::now());
    }

    fn profile_request(&self, owns: &dyn Fn(u16) -> bool) -> Option<Pipeline> {
        let profiles = self.profiles.as_ref()?;
        if owns(slot(profiles::KEY.as_bytes())) { profiles.request() } else { None }
    }

    fn profiles(&self, replies: Vec<Value>) {
        self.profiles.iter().for_each(|profiles| profiles.read(replies.clone()));
    }

    fn pushed(&self, names: &[Vec<u8>]) {
        names
            .iter()
            .filter_map(|name| self.names.parse(name))
            .for_each(|pushed| self.received(pushed));
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
