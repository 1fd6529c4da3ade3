//! What the journal holds under its lock.

use std::time::{Duration, Instant};

use super::{
    What,
    queue::{Note, Queue},
};
use crate::{names::Names, slots::slot};

/// How long a server may forget what it has acknowledged.
const RECENT: Duration = Duration::from_secs(60);
/// What stood acknowledged for so long in all, by one server after another, is not kept for yet another: connections that come and go
/// would have it done again for ever.
const LONGEST: Duration = Duration::from_secs(300);
/// So long each acknowledgement counts whose connection was lost, so that this ends also where none lasts.
const LEAST: Duration = Duration::from_secs(1);

/// Three queues, each with at most `most` notes about keys, and one or two for each cache.
pub(super) struct Pages {
    names: Names,
    most: usize,
    last: u64,
    pub(super) suspicions: u64,
    pub(super) outstanding: Queue,
    pub(super) recent: Queue,
    /// What was recent when the connection to its server was lost. However long that lasts, the server may have forgotten it.
    pub(super) held: Queue,
}

impl Pages {
    pub(super) fn new(names: Names, most: usize) -> Self {
        let [outstanding, recent, held] = std::array::from_fn(|_| Queue::default());
        Self { names, most, last: 0, suspicions: 0, outstanding, recent, held }
    }

    /// Notes what is to be done, and gives its number.
    pub(super) fn add(&mut self, what: What) -> u64 {
        let note = self.note(what);
        self.owe(note)
    }

    pub(super) fn acknowledged(&mut self, number: u64, at: Instant) {
        if let Some(note) = self.outstanding.remove(number) {
            self.remember(note, at);
        }
    }

    /// Leaves what is outstanding alone: that may have been added after this was done.
    pub(super) fn record(&mut self, what: What, at: Instant) {
        let note = self.note(what);
        self.remember(note, at);
    }

    /// What the server of these slots did lately grows no older: nobody can tell when it failed over.
    pub(super) fn lost(&mut self, owns: &dyn Fn(u16) -> bool, now: Instant) {
        self.forget(now);
        for note in self.recent.take(|note| note.is_in(owns)) {
            self.file(note.doubted(now, LEAST), |pages| &mut pages.held);
        }
    }

    /// What the server of these slots may have forgotten is outstanding again. So is what it has not acknowledged, under new
    /// numbers: an acknowledgement on its way is one of those that may be forgotten.
    pub(super) fn suspect(&mut self, owns: &dyn Fn(u16) -> bool, now: Instant) {
        self.suspicions += 1;
        self.forget(now);
        let Self { held, recent, outstanding, .. } = self;
        let notes = [held, recent, outstanding].map(|queue| queue.take(|note| note.is_in(owns)));
        for note in notes.into_iter().flatten() {
            self.owe(Note { merged: false, ..note.doubted(now, Duration::ZERO) });
        }
    }

    fn owe(&mut self, note: Note) -> u64 {
        let number = self.next();
        if let What::Cache(name) = &note.what {
            // The clear will be done after them.
            self.outstanding.drop_keys(name);
        }
        self.outstanding.push(number, note);
        if let Some(name) = self.outstanding.fullest_over(self.most) {
            self.add(What::Cache(name.into()));
        }
        number
    }

    /// What was done is kept for a while, because the server may forget it.
    fn remember(&mut self, note: Note, at: Instant) {
        self.forget(at);
        if note.stood < LONGEST {
            self.file(Note { at: Some(at), ..note }, |pages| &mut pages.recent);
        }
    }

    fn file(&mut self, note: Note, queue: fn(&mut Self) -> &mut Queue) {
        let (number, at, most) = (self.next(), note.at, self.most);
        queue(self).push(number, note);
        if let Some(name) = queue(self).fullest_over(most) {
            let clear = self.note(What::Cache(name.into()));
            let number = self.next();
            queue(self).drop_keys(name);
            queue(self).push(number, Note { merged: true, at, ..clear });
        }
    }

    fn forget(&mut self, now: Instant) {
        self.recent.drop_while(|note| note.at.is_some_and(|at| now.saturating_duration_since(at) > RECENT));
    }

    fn note(&self, what: What) -> Note {
        let slot = slot(&match &what {
            What::Key(key) => self.names.value(key),
            What::Cache(name) => self.names.generation(name),
        });
        Note { what, slot, merged: false, at: None, stood: Duration::ZERO }
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}
