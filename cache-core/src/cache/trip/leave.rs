//! A trip's leave to load: whether this process loads, another one does, or nobody need.

use std::time::Instant;

use super::Trip;
use crate::{
    cache::{Next, Outcome},
    entry::Entry,
    flight::{Origin, Ticket},
    last_rites,
    remote::{FillKind, IfStored, LoadReply, LoadRequest, OtherLoads},
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
        self.kind = FillKind::Replacing;
        match self
            .ask(
                ticket,
                LoadRequest { generation: None, others: OtherLoads::Supersede, stored: IfStored::LoadAnyway },
            )
            .await
        {
            Leave::Load(ticket) => Ok(ticket),
            Leave::Found(entry) => Err(Next::Take(Outcome::Value(entry))),
        }
    }

    pub(super) fn how(&self, stored: IfStored) -> LoadRequest {
        let generation = self.seen.map(|(generation, _)| generation);
        let lease = self.cache.policy.get().lease;
        let others = if lease { OtherLoads::AwaitLease } else { OtherLoads::LoadBeside };
        LoadRequest { generation, others, stored }
    }

    /// Asks for leave to load until there is an answer. Another process's load is waited for as long as a follower waits.
    pub(super) async fn ask(&mut self, ticket: Ticket<Outcome>, mut how: LoadRequest) -> Leave {
        let patience = self.cache.clock.now() + self.cache.flight_wait();
        loop {
            // Whoever has cleared the cache since the look is not seen by who asks with what that showed.
            let vantage = self.seen.map_or_else(|| self.vantage(), |(_, vantage)| vantage);
            let begin = |left| self.tier().request_load(&self.remote, how, left);
            match self.budget.spend(Instant::now(), begin).await {
                Ok(LoadReply::Granted(grant)) => {
                    ticket.depart(Origin { began: Instant::now(), mark: Some(grant.mark) });
                    self.grant = Some(grant);
                    return Leave::Load(ticket);
                }
                Ok(LoadReply::Found(incoming)) => match self.open(&incoming, vantage.generation) {
                    Some(entry) => {
                        self.land_found(ticket, &entry, vantage.at);
                        return Leave::Found(entry);
                    }
                    None => how.stored = IfStored::LoadAnyway,
                },
                Ok(LoadReply::Busy(again)) => {
                    let clock = &self.cache.clock;
                    let left = patience.since(clock.now());
                    if left.is_zero() || clock.timeout(left, again).await.is_none() {
                        how.others = OtherLoads::LoadBeside;
                    }
                    how.stored = IfStored::ReturnIt;
                    how.generation = None;
                    self.seen = None;
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
