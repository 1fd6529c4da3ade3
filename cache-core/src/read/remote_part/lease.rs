//! The request of a miss for the permit to load, and the wait for other processes.

use std::{sync::Arc, time::Instant};

use super::{RemotePart, out_of_reach, shared, tier};
use crate::{
    cache::{Cache, Outcome},
    clock::Moment,
    entry::Entry,
    flight::{Origin, Permit, Progress, enclosing, keeps_lease},
    key::Key,
    memory::Left,
    policy::FLIGHT_WAIT,
    remote::{FillKind, HoldOff, Holder, IfStored, LoadReply, LoadRequest, OtherLoads, SeenTag},
};

/// The outcome of a request for the permit that was not granted.
pub(in crate::read) enum NotGranted {
    /// A fresh value has come meanwhile; it lands the flight.
    Found(Entry),
    /// Another process loads, and the call gives way to it. Dropping the permit ends the flight.
    Busy(Permit<Outcome>),
    /// A load of another process has failed a moment ago, and the call has another value.
    HeldOff(Permit<Outcome>, HoldOff),
}

impl RemotePart {
    /// Asks for the permit until there is a reply. Another process's load is waited for while its
    /// lease is renewed, for a bounded time, unless this call gives way.
    pub(in crate::read) async fn request_load(
        &mut self,
        cache: &Cache,
        key: &Key,
        permit: Permit<Outcome>,
    ) -> Result<Permit<Outcome>, NotGranted> {
        let clock = &cache.clock;
        let last = clock.now() + cache.flight_wait_max();
        let mut request = self.load_request(holder(permit.progress()));
        // Ends with this function.
        let mut waiting = None;
        loop {
            // A read's generation goes with its snapshot: a clear since then is not seen by a
            // request that carries that generation.
            let read = self.last_read.filter(|_| request.generation.is_some());
            let snapshot = read.map_or_else(|| self.snapshot(cache), |read| read.snapshot);
            let ask = |left| self.ask_for_permit(tier(cache), request.clone(), left);
            match self.budget.spend(Instant::now(), ask).await {
                Ok(LoadReply::Granted(granted)) => {
                    let mark = Some(granted.mark);
                    permit.set_origin(Origin { began: Instant::now(), mark });
                    self.permit = Some(granted);
                    return Ok(permit);
                }
                Ok(LoadReply::Found(mut incoming)) => {
                    let opened = if incoming.tags.is_empty() {
                        self.open(cache, key, &incoming, snapshot.generation, None, clock.now())
                    } else {
                        let tags = self.tags_now(cache, &mut incoming).await;
                        tags.and_then(|tags| {
                            let generation = snapshot.generation;
                            self.open(cache, key, &incoming, generation, Some(tags), clock.now())
                        })
                    };
                    let is_settled = |entry: &Entry| entry.is_settled(clock.now());
                    let Some(entry) = opened.filter(is_settled) else {
                        request.stored = IfStored::LoadAnyway;
                        continue;
                    };
                    land_found(cache, permit, &entry, snapshot.at);
                    return Err(NotGranted::Found(entry));
                }
                Ok(LoadReply::Busy(_)) if self.gives_way(clock.now()) => {
                    return Err(NotGranted::Busy(permit));
                }
                Ok(LoadReply::Busy(again)) if self.gives_way_at.is_some_and(|at| at < last) => {
                    waiting.get_or_insert_with(|| permit.await_lease(&enclosing()));
                    let at = self.gives_way_at.unwrap_or(last);
                    let left = at.since(clock.now());
                    let _ = clock.punctual_timeout(left, again).await;
                    ask_again(&mut request);
                }
                Ok(LoadReply::Busy(again)) => {
                    waiting.get_or_insert_with(|| permit.await_lease(&enclosing()));
                    let left = last.since(clock.now());
                    if left.is_zero() || clock.timeout(left, again).await.is_none() {
                        request.others = OtherLoads::LoadBeside;
                    }
                    ask_again(&mut request);
                }
                Ok(LoadReply::HeldOff(hold_off)) => {
                    return Err(NotGranted::HeldOff(permit, hold_off));
                }
                Err(reason) => {
                    out_of_reach(cache, reason);
                    self.refusal.get_or_insert(reason);
                    permit.set_origin(Origin { began: Instant::now(), mark: None });
                    return Ok(permit);
                }
            }
        }
    }

    /// Returns the tags of the load, with the generations that the last read has shown.
    fn tags_of_request(&self) -> Vec<SeenTag> {
        let is_known = self.last_read.is_some() && self.kind == FillKind::AfterMiss;
        let seen = |place: usize| self.seen_tags.get(place).copied().flatten();
        let named = self.tags.iter().flat_map(|tags| tags.iter()).cloned().enumerate();
        let tag = |(place, key)| {
            let generation = if is_known { seen(place) } else { None };
            SeenTag { key, generation }
        };
        named.map(tag).collect()
    }

    /// Tells whether another process's load does not make the call wait at `now`.
    fn gives_way(&self, now: Moment) -> bool {
        self.gives_way_at.is_some_and(|at| at <= now)
    }

    fn load_request(&self, holder: Holder) -> LoadRequest {
        let tags = self.tags_of_request();
        if self.kind == FillKind::Replacing {
            return LoadRequest {
                generation: None,
                tags,
                others: OtherLoads::Supersede,
                stored: IfStored::LoadAnyway,
                holder,
                has_standby: false,
            };
        }
        LoadRequest {
            generation: self.last_read.and_then(|read| read.mark.generation),
            tags,
            others: self.others,
            stored: self.last_read.map_or(IfStored::ReturnIt, |read| read.if_stored),
            holder,
            has_standby: self.has_standby,
        }
    }
}

/// Makes a request that has waited ask for what was stored meanwhile.
fn ask_again(request: &mut LoadRequest) {
    if request.stored == IfStored::LoadAnyway {
        request.stored = IfStored::ReturnIt;
    }
    request.generation = None;
    request.tags.iter_mut().for_each(|tag| tag.generation = None);
}

/// Returns what tells whether the lease of a load is to be renewed.
fn holder(load: &Arc<Progress>) -> Holder {
    let load = Arc::downgrade(load);
    Holder::new(move || load.upgrade().is_some_and(|load| keeps_lease(&load, FLIGHT_WAIT)))
}

/// Ends a flight with a value from another process's load.
fn land_found(cache: &Cache, permit: Permit<Outcome>, entry: &Entry, at: Instant) {
    let store = || {
        if shared(cache).tiered { cache.keep(entry.clone()) } else { Left::default() }
    };
    drop(permit.land(Outcome::Found(entry.clone(), at), store));
}
