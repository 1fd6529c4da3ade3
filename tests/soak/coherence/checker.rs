//! Reads a history and says which answers were too old.
//!
//! A value is as old as the beginning of its load; one that was put is as old as the end of its `put`, because until then nobody can
//! say which of two calls came first. What ends older values is a [`Barrier`]: an invalidation, or a group of writes that overlapped,
//! of which one must have come last. Whom it binds, [`Barrier::binds`] says.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use super::history::{Event, From, What};

/// After its end nobody it binds may be given a value from before its start.
#[derive(Clone, Copy, Debug)]
struct Barrier {
    start: u64,
    end: u64,
    /// Nodes whose memory must know.
    node: Option<usize>,
    /// Redis knows.
    everywhere: bool,
}

/// An answer that was too old.
#[derive(Debug)]
pub(crate) struct Violation {
    answer: Event,
    /// When its value came to be.
    born: u64,
    barrier: Barrier,
    /// Everything that concerns its key, from the value's birth to the answer.
    between: Vec<Event>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}: born at {}, ended by {:?}. What happened:", self.answer, self.born, self.barrier)?;
        self.between.iter().try_for_each(|event| writeln!(f, "  {event:?}"))
    }
}

/// All answers that were too old.
pub(crate) fn check(history: &[Event]) -> Vec<Violation> {
    let mut keys: BTreeMap<u64, Vec<Event>> =
        history.iter().filter_map(|event| Some((event.key?, Vec::new()))).collect();
    for (key, events) in &mut keys {
        events.extend(history.iter().filter(|event| event.concerns(*key)));
        events.sort_by_key(|event| event.start);
    }
    keys.values().flat_map(|events| check_key(events)).collect()
}

fn check_key(events: &[Event]) -> Vec<Violation> {
    let puts: HashMap<u64, u64> = events.iter().filter_map(|event| Some((event.put()?, event.end))).collect();
    let barriers = barriers(events);
    let of_answer = |answer: &Event| {
        let value = answer.value()?;
        let born = puts.get(&value).copied().unwrap_or(value);
        let barrier = barriers.iter().find(|barrier| barrier.forbids(born, answer))?;
        let relevant = |event: &&Event| event.end >= born.min(value) && event.start <= answer.end;
        let between = events.iter().filter(relevant).copied().collect();
        Some(Violation { answer: *answer, born, barrier: *barrier, between })
    };
    events.iter().filter_map(of_answer).collect()
}

impl Barrier {
    fn forbids(&self, born: u64, answer: &Event) -> bool {
        born < self.start && self.end < answer.start && self.binds(answer)
    }

    /// Redis binds who asked it, and in the end everybody. A node binds itself at once, whatever has answered it.
    fn binds(&self, answer: &Event) -> bool {
        match answer.what {
            What::Read { from: From::Settled, .. } => true,
            What::Read { from: From::Elsewhere, .. } if self.everywhere && answer.in_reach => true,
            _ => self.node == Some(answer.node),
        }
    }
}

/// Of the events of one key, in the order of their starts.
fn barriers(events: &[Event]) -> Vec<Barrier> {
    let invalidated = events.iter().filter_map(|event| match event.what {
        What::Invalidate { everywhere } => {
            Some(Barrier { start: event.start, end: event.end, node: Some(event.node), everywhere })
        }
        _ => None,
    });
    invalidated.chain(groups(events).iter().filter_map(|group| of_group(group))).collect()
}

/// Writes that overlap, directly or by others between them. Invalidations matter not: they end older values themselves.
fn groups(events: &[Event]) -> Vec<Vec<Event>> {
    let mut groups: Vec<Vec<Event>> = Vec::new();
    let mut over = 0;
    for write in events.iter().filter(|event| event.is_write()) {
        match groups.last_mut() {
            Some(group) if write.start <= over => group.push(*write),
            _ => groups.push(vec![*write]),
        }
        over = over.max(write.over);
    }
    groups
}

/// None if one of them may have been lost.
fn of_group(group: &[Event]) -> Option<Barrier> {
    let first = group.first()?;
    let alone = group.iter().all(|write| write.node == first.node);
    group.iter().all(|write| write.in_reach).then(|| Barrier {
        start: first.start,
        end: group.iter().map(|write| write.end).max().unwrap_or(first.end),
        node: alone.then_some(first.node),
        everywhere: true,
    })
}

/// Whether a history has seen enough to say something.
#[derive(Debug)]
#[expect(dead_code, reason = "read by Debug")]
pub(crate) struct Summary {
    calls: usize,
    from_redis: usize,
    from_memory: usize,
    loads: usize,
    writes: usize,
    acknowledged: usize,
    queued: usize,
    out_of_reach: usize,
    settled: usize,
}

impl Summary {
    pub(crate) fn of(history: &[Event]) -> Self {
        let count = |is: &dyn Fn(&Event) -> bool| history.iter().filter(|event| is(event)).count();
        let read = |wanted| {
            count(&|event| matches!(event.what, What::Read { from, value: Some(_) } if from == wanted))
        };
        let invalidated = |everywhere| count(&|event| event.what == What::Invalidate { everywhere });
        Self {
            calls: history.len(),
            from_redis: count(&Event::is_strict_hit),
            from_memory: read(From::Memory),
            loads: read(From::Own),
            writes: count(&Event::is_write),
            acknowledged: invalidated(true),
            queued: invalidated(false),
            out_of_reach: count(&|event| !event.in_reach),
            settled: read(From::Settled),
        }
    }

    pub(crate) fn assert_telling(&self) {
        let least = [self.from_redis, self.loads, self.acknowledged, self.writes, self.settled];
        assert!(least.iter().all(|count| *count > self.calls / 50), "the storm was too calm: {self:?}");
        assert!(self.queued > 0 && self.out_of_reach > 0, "all links were good: {self:?}");
    }
}
