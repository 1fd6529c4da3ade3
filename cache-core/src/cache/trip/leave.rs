//! A trip's leave to load: whether this process loads, another one does, or nobody need.

use std::time::Instant;

use super::Trip;
use crate::{
    cache::{Next, Outcome},
    entry::Entry,
    flight::{Origin, Ticket},
    last_rites,
    remote::{Begin, Begun},
};

/// What a leader is told.
pub(super) enum Leave {
    Load(Ticket<Outcome>),
    /// A value has come meanwhile.
    Found(Entry),
}

impl Trip {
    /// Leave for what was not loaded yet, whatever is stored or loading.
    pub(super) async fn supersede(&mut self, ticket: Ticket<Outcome>) -> Result<Ticket<Outcome>, Next> {
        self.announce = true;
        match self.ask(ticket, Begin { generation: None, lease: false, supersede: true, accept: false }).await
        {
            Leave::Load(ticket) => Ok(ticket),
            Leave::Found(entry) => Err(Next::Take(Outcome::Value(entry))),
        }
    }

    pub(super) fn how(&self, accept: bool) -> Begin {
        let generation = self.seen.map(|(generation, _)| generation);
        Begin { generation, lease: self.cache.policy.get().lease, supersede: false, accept }
    }

    /// Asks for leave to load until there is an answer. Another process's load is waited for as long as a follower waits.
    pub(super) async fn ask(&mut self, ticket: Ticket<Outcome>, mut how: Begin) -> Leave {
        let patience = self.cache.clock.now() + self.cache.flight_wait();
        loop {
            // Whoever has cleared the cache since the look is not seen by who asks with what that showed.
            let vantage = self.seen.map_or_else(|| self.vantage(), |(_, vantage)| vantage);
            let begin = |left| self.tier().begin(&self.remote, how, left);
            match self.budget.spend(Instant::now(), begin).await {
                Ok(Begun::Granted(grant)) => {
                    ticket.depart(Origin { began: Instant::now(), mark: Some(grant.mark) });
                    self.grant = Some(grant);
                    return Leave::Load(ticket);
                }
                Ok(Begun::Found(incoming)) => match self.open(&incoming, vantage.generation) {
                    Some(entry) => {
                        self.land_found(ticket, &entry, vantage.at);
                        return Leave::Found(entry);
                    }
                    None => how.accept = false,
                },
                Ok(Begun::Busy(again)) => {
                    let clock = &self.cache.clock;
                    let left = patience.since(clock.now());
                    how.lease = !left.is_zero() && clock.timeout(left, again).await.is_some();
                    (self.seen, how.accept, how.generation) = (None, true, None);
                }
                Err(why) => {
                    self.out_of_reach(why);
                    ticket.depart(Origin { began: Instant::now(), mark: None });
                    return Leave::Load(ticket);
                }
            }
        }
    }

    /// Answers everybody who waits by a value from another process's load.
    fn land_found(&self, ticket: Ticket<Outcome>, entry: &Entry, at: Instant) {
        let store = || {
            if self.shared().tiered {
                self.cache.keep(entry.clone());
            }
        };
        last_rites::after(|| ticket.land(Outcome::Found(entry.clone(), at), store));
    }
}
