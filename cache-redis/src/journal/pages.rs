//! What the journal holds under its lock.

use std::time::{Duration, Instant};

use super::{
    What,
    queue::{Note, Queue},
};
use crate::names::{Names, slot};

/// How long a server may forget what it has acknowledged.
const RECENT: Duration = Duration::from_secs(60);

/// Two queues, each with at most `most` notes about keys, and one or two for each cache.
pub(super) struct Pages {
    names: Names,
    most: usize,
    last: u64,
    pub(super) suspicions: u64,
    pub(super) outstanding: Queue,
    pub(super) recent: Queue,
}

impl Pages {
    pub(super) fn new(names: Names, most: usize) -> Self {
        Self { names, most, last: 0, suspicions: 0, outstanding: Queue::default(), recent: Queue::default() }
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

    /// What the server of these slots may have forgotten is outstanding again. So is what it has not acknowledged, under new
    /// numbers: an acknowledgement on its way is one of those that may be forgotten.
    pub(super) fn suspect(&mut self, owns: &dyn Fn(u16) -> bool, now: Instant) {
        self.suspicions += 1;
        self.forget(now);
        let forgotten = self.recent.take(|note| note.is_in(owns));
        let unsure = self.outstanding.take(|note| note.is_in(owns));
        for note in forgotten.into_iter().chain(unsure) {
            self.owe(Note { merged: false, at: None, ..note });
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
        let number = self.next();
        self.recent.push(number, Note { at: Some(at), ..note });
        if let Some(name) = self.recent.fullest_over(self.most) {
            let clear = self.note(What::Cache(name.into()));
            let number = self.next();
            self.recent.drop_keys(name);
            self.recent.push(number, Note { merged: true, at: Some(at), ..clear });
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
        Note { what, slot, merged: false, at: None }
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}
