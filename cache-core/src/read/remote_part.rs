//! The remote part of a miss: its reads and requests, within one budget of time.
//!
//! Each step has an outcome for a tier that is out of reach. No step fails a call.

mod lease;
mod reading;

pub(super) use lease::NotGranted;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::combined::Combined;
use crate::{
    cache::{Cache, Due, Shared},
    clock::Moment,
    codec::Unstorable,
    generations::Group,
    key::Key,
    observe,
    remote::{
        Budget, FillKind, Filled, HoldOff, IfStored, LoadReply, LoadRequest, Mark, OtherLoads,
        Outgoing, Pending, Reason, RemoteKey, RemotePermit, RemoteTier, Seen, TagGeneration,
        TagKey,
    },
    timeline::Lifetimes,
    value::Decode,
};

/// The remote part of a miss.
pub(super) struct RemotePart {
    pub(super) key: RemoteKey,
    group: Group,
    /// The tags that the call names, and stamps behind them.
    tags: Option<Arc<[TagKey]>>,
    /// Their generations, as the last read has shown them.
    seen_tags: Vec<Option<TagGeneration>>,
    decode: Decode,
    pub(super) budget: Budget,
    began: Instant,
    /// `None` where the tier was out of reach, or the read is too old.
    last_read: Option<LastRead>,
    pub(super) permit: Option<RemotePermit>,
    pub(super) kind: FillKind,
    /// The reason for which the tier granted no permit, or did not read the value.
    pub(super) refusal: Option<Reason>,
    /// The reason for which the key's last value was not stored. The next one is not tried.
    pub(super) unstored: Option<Unstorable>,
    /// The treatment of other processes' loads, unless this one supersedes them.
    others: OtherLoads,
    /// The moment from which another process's load does not make the call wait.
    gives_way_at: Option<Moment>,
    /// The requests of the other keys of a batch, with which those of this key are sent.
    combined: Option<Arc<Combined>>,
    /// `true` where another value serves in place of a load.
    has_standby: bool,
    /// `true` where the fill takes the place of whatever is stored when it comes.
    replaces_anything: bool,
}

/// The reply to a read that found no value, and the state of this process before it.
#[derive(Clone, Copy)]
struct LastRead {
    mark: Mark,
    snapshot: Snapshot,
    if_stored: IfStored,
}

/// The state of this process just before it sent a request. A value in the reply is kept only if no
/// invalidation arrived since then, that is, if the generation is still this one.
#[derive(Clone, Copy)]
struct Snapshot {
    at: Instant,
    /// The generation of the key's group in this process.
    generation: u64,
}

impl RemotePart {
    /// Returns `None` for a cache of this process alone. In a box: it is handed from step to step.
    pub(super) fn new(cache: &Cache, key: &Key, decode: Option<Decode>) -> Option<Box<Self>> {
        let shared = cache.shared.as_ref()?;
        let remote_key = shared.key(key);
        let unstored = shared.unstored(key, &remote_key.digest, || cache.clock.now());
        let awaits_lease = cache.policy.with(|policy| policy.lease) && unstored.is_none();
        Some(Box::new(Self {
            group: cache.generations.group(&remote_key.digest),
            key: remote_key,
            tags: None,
            seen_tags: Vec::new(),
            decode: decode?,
            budget: Budget::new(shared.remote.deadline),
            began: Instant::now(),
            last_read: None,
            permit: None,
            kind: FillKind::AfterMiss,
            refusal: None,
            unstored,
            // A lease would make others wait for a value that they never get.
            gives_way_at: None,
            combined: None,
            has_standby: false,
            replaces_anything: false,
            others: if awaits_lease { OtherLoads::AwaitLease } else { OtherLoads::LoadBeside },
        }))
    }

    /// Reads and loads for an entry with these tags.
    pub(super) fn set_tags(&mut self, tags: Option<Arc<[TagKey]>>) {
        self.tags = tags;
    }

    pub(super) fn group(&self) -> Group {
        self.group
    }

    /// Returns the moment at which the call began.
    pub(super) fn began(&self) -> Instant {
        self.began
    }

    /// Returns the key's state as the last read has shown it.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.last_read.map(|read| read.mark)
    }

    /// Tells whether the last read did not reach the tier.
    pub(super) fn is_out_of_reach(&self) -> bool {
        self.last_read.is_none()
    }

    /// Forgets the state that was read: time has passed.
    pub(super) fn forget_read(&mut self) {
        self.last_read = None;
    }

    /// Makes the coming fill replace the value that is stored.
    pub(super) fn supersede(&mut self) {
        self.kind = FillKind::Replacing;
        self.unstored = self.unstored.filter(|reason| *reason == Unstorable::AlikeTypes);
    }

    /// Takes the permit for a value that nobody loads, where it needs no request. A value with tags
    /// needs their generations.
    pub(super) fn permit_at_once(&mut self, cache: &Cache) -> Option<Mark> {
        if self.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
            return None;
        }
        let permit = tier(cache).permit_to_replace(&self.key)?;
        let mark = permit.mark;
        self.permit = Some(permit);
        self.replaces_anything = true;
        Some(mark)
    }

    /// Tells whether the fill takes the place of whatever is stored when it comes, also of what
    /// another call of this process has stored meanwhile.
    pub(super) fn replaces_anything(&self) -> bool {
        self.replaces_anything
    }

    /// Makes the call load beside others, of whatever process: it has waited long enough.
    pub(super) fn load_beside(&mut self) {
        self.others = OtherLoads::LoadBeside;
    }

    /// Lets a load that has failed in another process hold the call off, which has another value.
    pub(super) fn has_standby(&mut self) {
        self.has_standby = true;
    }

    /// Ends the request of a load that has failed: other processes load no earlier than this one.
    pub(super) fn hold_off(mut self: Box<Self>, cache: &Cache, due: Due) {
        let left = due.at.since(cache.clock.now());
        if let Some(permit) = self.permit.take() {
            tier(cache).hold_off(permit, HoldOff { left, delay: due.delay });
        }
    }

    /// Gives the permit back before its load has begun: the call looks again, in what is left of its
    /// time.
    pub(super) fn give_back_permit(&mut self) {
        self.permit = None;
        self.last_read = None;
        self.refusal = None;
        self.gives_way_at = None;
    }

    /// Makes the call wait for no other process's load from `moment` on.
    pub(super) fn give_way_at(&mut self, moment: Moment) {
        self.gives_way_at = Some(moment);
    }

    /// Makes the call wait for other processes' loads again.
    pub(super) fn wait_for_others(&mut self) {
        self.gives_way_at = None;
    }

    /// Sends the requests of this key together with others.
    pub(super) fn combine(&mut self, combined: &Arc<Combined>) {
        self.combined = Some(Arc::clone(combined));
    }

    /// Reads the stored value, alone or together with others.
    fn ask_for_value<'a>(
        &'a self,
        tier: &'a dyn RemoteTier,
        tags: &'a [TagKey],
        left: Duration,
    ) -> Pending<'a, Result<Seen, Reason>> {
        match &self.combined {
            Some(combined) => Box::pin(combined.read(&self.key, tags, left)),
            None => tier.read(&self.key, tags, left),
        }
    }

    /// Asks for the permit, alone or together with others.
    fn ask_for_permit<'a>(
        &'a self,
        tier: &'a dyn RemoteTier,
        request: LoadRequest,
        left: Duration,
    ) -> Pending<'a, Result<LoadReply, Reason>> {
        match &self.combined {
            Some(combined) => Box::pin(combined.request_load(&self.key, request, left)),
            None => tier.request_load(&self.key, request, left),
        }
    }

    /// Sends a value, alone or together with others.
    pub(super) fn send_value<'a>(
        &'a self,
        tier: &'a dyn RemoteTier,
        permit: RemotePermit,
        value: Option<Outgoing>,
        left: Duration,
    ) -> Pending<'a, Result<Filled, Reason>> {
        match &self.combined {
            Some(combined) => Box::pin(combined.fill(&self.key, permit, value, self.kind, left)),
            None => tier.fill(&self.key, permit, value, self.kind, left),
        }
    }
}

/// Limits lifetimes to those of entries in this process: in a tiered cache to the memory ttl, and to
/// the outage ttl while other nodes' invalidations do not reach this node.
pub(super) fn limited(cache: &Cache, lifetimes: Lifetimes) -> Lifetimes {
    let lifetimes = cache.in_memory(lifetimes);
    if tier(cache).receives_invalidations() {
        lifetimes
    } else {
        lifetimes.at_most(shared(cache).remote.outage_ttl)
    }
}

pub(super) fn out_of_reach(cache: &Cache, reason: Reason) {
    cache.counters.unavailable.add(1);
    observe::fallback(reason.as_str());
}

pub(super) fn shared(cache: &Cache) -> &Shared {
    cache.shared.as_ref().expect("only misses of shared caches have a remote part")
}

pub(super) fn tier(cache: &Cache) -> &dyn RemoteTier {
    &*shared(cache).remote.tier
}
