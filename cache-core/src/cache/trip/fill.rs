//! The end of a trip: what was loaded or put is brought to the remote tier, and then to memory.

use std::time::Instant;

use super::Trip;
use crate::{
    cache::{AtLast, Outcome},
    entry::Entry,
    flight::Ticket,
    last_rites, observe,
    policy::Policy,
    remote::{FillKind, Filled, Outgoing, RemotePermit},
    timeline::{Lifetimes, Timeline},
};

/// Whether memory keeps a value that was loaded, after the remote tier had its say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    No,
    Yes,
    /// For the outage ttl.
    Briefly,
}

impl Trip {
    /// Brings `entry` to the remote tier, and then to memory and to all who wait for it.
    pub(crate) async fn deliver(mut self: Box<Self>, ticket: Ticket<Outcome>, entry: Entry) {
        let lifetimes = Lifetimes::fresh(self.cache.policy.get().jittered_ttl());
        let grant = self.grant.take();
        let keep = {
            // Whatever comes of it, and also when the caller goes away: memory does not go on with what was to be replaced.
            let _after =
                (self.kind == FillKind::Replacing).then(|| AtLast(|| self.cache.forget(entry.key())));
            self.fill(grant, &entry, lifetimes).await
        };
        let lifetimes = match keep {
            Keep::Briefly => lifetimes.at_most(self.shared().remote.outage_ttl),
            Keep::Yes | Keep::No => self.limited(lifetimes),
        };
        let entry = entry.with_timeline(Timeline::of(lifetimes, self.cache.clock.now()));
        let store = || match keep {
            Keep::Yes => self.cache.keep(entry.clone()),
            Keep::Briefly => self.cache.store(entry.clone()),
            Keep::No => {}
        };
        last_rites::after(|| ticket.land(Outcome::Value(entry.clone()), store));
    }

    async fn fill(&self, grant: Option<RemotePermit>, entry: &Entry, lifetimes: Lifetimes) -> Keep {
        let Some(grant) = grant else { return self.not_stored().await };
        let value = self.outgoing(entry, lifetimes);
        let sent = value.is_some();
        let fill = |left| self.tier().fill(&self.remote, grant, value, self.kind, left);
        match self.budget.spend(Instant::now(), fill).await {
            Ok(filled) => self.filled(filled, sent),
            Err(why) => {
                self.out_of_reach(why);
                self.not_stored().await
            }
        }
    }

    fn filled(&self, filled: Filled, sent: bool) -> Keep {
        let counters = &self.cache.counters;
        let tiered = |keep| if self.shared().tiered { keep } else { Keep::No };
        match filled {
            Filled::Stored => {
                counters.puts.add(u64::from(sent));
                tiered(Keep::Yes)
            }
            Filled::Fenced => {
                counters.fenced.add(1);
                Keep::No
            }
            Filled::Refused(why) => {
                observe::fallback(why.as_str());
                tiered(Keep::Briefly)
            }
        }
    }

    /// The value did not arrive. One that it was to replace becomes unreadable, now or as soon as the remote tier is in reach.
    async fn not_stored(&self) -> Keep {
        if self.kind == FillKind::Replacing {
            // What cannot be done in the time that is left is noted.
            let _ = self.tier().invalidate(std::slice::from_ref(&self.remote), self.budget.left()).await;
        }
        if self.shared().keeps_in_outage() { Keep::Briefly } else { Keep::No }
    }

    /// The value as bytes; `None` when it cannot be written so, or is larger than the remote tier is to hold.
    fn outgoing(&self, entry: &Entry, lifetimes: Lifetimes) -> Option<Outgoing> {
        let Policy { codec, max_value_size, .. } = self.cache.policy.get();
        let payload = (self.bytes.write)(entry, codec).ok();
        let fits = payload.filter(|payload| payload.len() as u64 <= max_value_size);
        self.cache.counters.oversized.add(u64::from(fits.is_none()));
        fits.map(|payload| Outgoing {
            payload,
            codec,
            lifetimes,
            written: self.cache.clock.date(),
            load_time: entry.load_time(),
        })
    }
}
