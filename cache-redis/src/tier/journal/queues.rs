//! The content of the journal, under its lock.

use std::time::{Duration, Instant};

use super::{
    super::names::Names,
    Scope,
    queue::{Note, Queue},
};
use crate::server::ReplayId;

/// The time for which a server may forget what it has acknowledged.
const RECENT: Duration = Duration::from_secs(60);
/// An invalidation that stood acknowledged for so long in all, by one server after another, is not
/// kept for yet another: connections that come and go would have it done again for ever.
const LONGEST: Duration = Duration::from_secs(300);
/// The least time for which an acknowledgement counts whose connection was lost, so that this ends
/// also where no connection lasts.
const LEAST: Duration = Duration::from_secs(1);

/// Three queues, each with at most `most` notes about keys and tags, and one or two for each cache.
pub(super) struct Queues {
    names: Names,
    most: usize,
    /// True where the feed is told apart of what is done later than it was asked for.
    pub(super) announces: bool,
    last_id: u64,
    pub(super) suspicions: u64,
    pub(super) outstanding: Queue,
    pub(super) recent: Queue,
    /// Those that were recent when the connection to their server was lost. However long that
    /// lasts, the server may have forgotten them.
    pub(super) held: Queue,
}

impl Queues {
    pub(super) fn new(names: Names, most: usize) -> Self {
        let [outstanding, recent, held] = std::array::from_fn(|_| Queue::default());
        let announces = false;
        Self { names, most, announces, last_id: 0, suspicions: 0, outstanding, recent, held }
    }

    /// Adds an invalidation and returns its id.
    pub(super) fn add(&mut self, scope: Scope) -> ReplayId {
        let note = self.note(scope);
        self.enqueue(note)
    }

    /// Notes that a server has done one. Returns false when it is not outstanding.
    pub(super) fn acknowledged(&mut self, id: ReplayId, at: Instant) -> bool {
        let Some(note) = self.outstanding.remove(id) else { return false };
        // A feed that a server has forgotten is another one, which nodes notice.
        if !note.scope.is_for_feed() {
            self.remember(note, at);
            if self.announces {
                self.add(Scope::Feed);
            }
        }
        true
    }

    /// Records an invalidation that was done. One that is outstanding stays, because it may have
    /// been added after this one was done.
    pub(super) fn record(&mut self, scope: Scope, at: Instant) {
        let note = self.note(scope);
        self.remember(note, at);
    }

    /// Holds what the server of these slots did lately: nobody can tell when it failed over.
    pub(super) fn lost(&mut self, owns: &dyn Fn(u16) -> bool, now: Instant) {
        self.drop_expired(now);
        for note in self.recent.take(|note| note.is_in(owns)) {
            self.push(note.doubted(now, LEAST), |queues| &mut queues.held);
        }
    }

    /// Makes outstanding again what the server of these slots may have forgotten. So is what it has
    /// not acknowledged, under new ids: an acknowledgement on its way is one of those that may
    /// be forgotten.
    pub(super) fn suspect(&mut self, owns: &dyn Fn(u16) -> bool, now: Instant) {
        self.suspicions += 1;
        self.drop_expired(now);
        let Self { held, recent, outstanding, .. } = self;
        let notes = [held, recent, outstanding].map(|queue| queue.take(|note| note.is_in(owns)));
        for note in notes.into_iter().flatten() {
            self.enqueue(Note { merged: false, ..note.doubted(now, Duration::ZERO) });
        }
    }

    fn enqueue(&mut self, note: Note) -> ReplayId {
        let id = self.next_id();
        if let Scope::Cache(name, ending) = &note.scope {
            // It will be done after them.
            self.outstanding.drop_keys(name, *ending);
        }
        self.outstanding.push(id, note);
        if let Some(kin) = self.outstanding.fullest_over(self.most) {
            self.outstanding.drop_kin(kin);
            for scope in kin.merged() {
                self.add(scope);
            }
        }
        id
    }

    /// Keeps for a while what was done, because the server may forget it.
    fn remember(&mut self, note: Note, at: Instant) {
        self.drop_expired(at);
        if note.stood < LONGEST {
            self.push(Note { at: Some(at), ..note }, |queues| &mut queues.recent);
        }
    }

    fn push(&mut self, note: Note, queue: fn(&mut Self) -> &mut Queue) {
        let id = self.next_id();
        let at = note.at;
        let most = self.most;
        queue(self).push(id, note);
        if let Some(kin) = queue(self).fullest_over(most) {
            queue(self).drop_kin(kin);
            for scope in kin.merged() {
                let note = self.note(scope);
                let id = self.next_id();
                queue(self).push(id, Note { merged: true, at, ..note });
            }
        }
    }

    fn drop_expired(&mut self, now: Instant) {
        self.recent.drop_while(|note| {
            note.at.is_some_and(|at| now.saturating_duration_since(at) > RECENT)
        });
    }

    fn note(&self, scope: Scope) -> Note {
        let slot = scope.slot(&self.names);
        let since = Instant::now();
        Note { scope, slot, merged: false, since, at: None, stood: Duration::ZERO }
    }

    fn next_id(&mut self) -> ReplayId {
        self.last_id += 1;
        ReplayId(self.last_id)
    }
}
