//! What the remote tier shows for a trip's key, and what becomes of it here.

use std::time::Instant;

use tracing::Instrument as _;

use super::Trip;
use crate::{
    entry::{Entry, Facts},
    front::Seat,
    key::StoredKey,
    remote::{IfStored, Incoming, Mark, Reason, Seen, StoredValue},
    telemetry,
    timeline::{Age, Lifetimes, Timeline},
};

/// From when on changes would have been noticed: what is found is no newer.
#[derive(Clone, Copy)]
pub(super) struct Vantage {
    pub(super) at: Instant,
    /// Of the key's group in this process.
    pub(super) generation: u64,
}

/// What a look at the remote tier shows.
pub(super) enum Sight {
    /// A value, fresh.
    Value(Entry),
    /// None, or none that can be used.
    Nothing {
        mark: Mark,
        vantage: Vantage,
        /// Whether one that comes later is worth looking at.
        stored: IfStored,
    },
    OutOfReach,
}

impl Trip {
    /// Asks the remote tier for the value. A tiered cache keeps it in memory.
    pub(super) async fn look(&self) -> Sight {
        let seat = self.cache.front.seat(&self.key);
        let vantage = self.vantage();
        let span = telemetry::get_span(self.cache.site.name);
        let read = self.budget.spend(vantage.at, |left| self.tier().read(&self.remote, left));
        let sight = self.sight(read.instrument(span.clone()).await, &seat, vantage);
        telemetry::saw(&span, matches!(sight, Sight::Value(_)));
        sight
    }

    /// To be asked for before the remote tier is.
    pub(super) fn vantage(&self) -> Vantage {
        Vantage { at: Instant::now(), generation: self.cache.generations.of(self.group) }
    }

    fn sight(&self, seen: Result<Seen, Reason>, seat: &Seat, vantage: Vantage) -> Sight {
        let Seen { stored: content, mark } = match seen {
            Ok(seen) => seen,
            Err(why) => {
                self.out_of_reach(why);
                return Sight::OutOfReach;
            }
        };
        let stored = match &content {
            StoredValue::Absent => IfStored::ReturnIt,
            _ => IfStored::LoadAnyway,
        };
        match self.usable(content, vantage.generation) {
            Some(entry) => {
                self.admit(seat, &entry);
                Sight::Value(entry)
            }
            None => Sight::Nothing { mark, vantage, stored },
        }
    }

    fn usable(&self, content: StoredValue, generation: u64) -> Option<Entry> {
        match content {
            StoredValue::Present(incoming) => self.open(&incoming, generation),
            StoredValue::Absent => None,
            StoredValue::Corrupt => {
                self.cache.counters.unreadable.add(1);
                None
            }
        }
    }

    /// The entry of a stored value, if it can be read and is fresh. Its life is what the writer gave it, less its age.
    pub(super) fn open(&self, incoming: &Incoming, generation: u64) -> Option<Entry> {
        let clock = &self.cache.clock;
        let age = if clock.is_system() {
            incoming.age
        } else {
            // A test's clock says how old the value is.
            clock.date().duration_since(incoming.written).unwrap_or_default()
        };
        let now = clock.now();
        let timeline = Timeline::of(self.limited(incoming.lifetimes.after(age)), now);
        let facts = Facts { timeline, generation, group: self.group, load_time: incoming.load_time };
        if timeline.age(now) != Age::Fresh {
            return None;
        }
        let entry =
            (self.bytes.read)(StoredKey::from(&self.key), incoming.codec, incoming.payload(), facts).ok();
        self.cache.counters.unreadable.add(u64::from(entry.is_none()));
        entry
    }

    /// Keeps a value from the remote tier in memory, unless something happened to the key since the `seat` was taken.
    fn admit(&self, seat: &Seat, entry: &Entry) {
        if self.shared().tiered {
            self.cache.admit(seat, entry.clone());
        }
    }

    /// As long as nobody tells this node what changes elsewhere, no value lives longer than the outage ttl.
    pub(super) fn limited(&self, lifetimes: Lifetimes) -> Lifetimes {
        if self.tier().receives_invalidations() {
            lifetimes
        } else {
            lifetimes.at_most(self.shared().remote.outage_ttl)
        }
    }
}
