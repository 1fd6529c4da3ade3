//! Finds the values in a history that were too old when they were read.
//!
//! A value is as old as the beginning of its load. One that was put is as old as the end of its
//! `put`, because until then the order of two calls is unknown. Older values are ended by a
//! [`Barrier`]: an invalidation, of a key, by a tag or of a whole cache, or a group of writes that overlapped, of which one must have come
//! last. [`Barrier::binds`] has the reads to which that applies. Tasks that load and calls that went on
//! without their load are no events of their own: their values are as old as those of other loads.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use super::history::{Event, From, Function, Scope, What};

/// After its end the reads that it binds may not return a value from before its start.
#[derive(Clone, Copy, Debug)]
struct Barrier {
    start: u64,
    end: u64,
    /// The node whose memory must know.
    node: Option<usize>,
    /// True if Redis knows.
    everywhere: bool,
}

/// A read that returned too old a value.
#[derive(Debug)]
pub(crate) struct Violation {
    read: Event,
    /// The time from which its value is.
    born: u64,
    barrier: Barrier,
    /// All events that concern its key, from that time to the read.
    between: Vec<Event>,
}

impl Violation {
    /// Returns the time at which the read began, which no other read has.
    pub(crate) fn read_at(&self) -> u64 {
        self.read.start
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:?}: born at {}, ended by {:?}. What happened:",
            self.read, self.born, self.barrier
        )?;
        self.between.iter().try_for_each(|event| writeln!(f, "  {event:?}"))
    }
}

/// Returns all reads that returned too old a value.
pub(crate) fn check(history: &[Event]) -> Vec<Violation> {
    let mut keys: BTreeMap<u64, Vec<Event>> =
        history.iter().filter_map(|event| Some((event.scope.key()?, Vec::new()))).collect();
    for (key, events) in &mut keys {
        events.extend(history.iter().filter(|event| event.concerns(*key)));
        events.sort_by_key(|event| event.start);
    }
    keys.iter().flat_map(|(key, events)| check_key(*key, events)).collect()
}

fn check_key(key: u64, events: &[Event]) -> Vec<Violation> {
    let puts: HashMap<u64, u64> =
        events.iter().filter_map(|event| Some((event.put()?, event.end))).collect();
    let barriers = barriers(Function::of(key), events);
    let of_read = |read: &Event| {
        let value = read.value()?;
        let born = puts.get(&value).copied().unwrap_or(value);
        let barrier = barriers.iter().find(|barrier| barrier.forbids(born, read))?;
        let relevant = |event: &&Event| event.end >= born.min(value) && event.start <= read.end;
        let between = events.iter().filter(relevant).copied().collect();
        Some(Violation { read: *read, born, barrier: *barrier, between })
    };
    events.iter().filter_map(of_read).collect()
}

impl Barrier {
    fn forbids(&self, born: u64, read: &Event) -> bool {
        born < self.start && self.end < read.start && self.binds(read)
    }

    /// Redis binds who asked it, and in the end everybody. A node binds itself at once, whatever
    /// has readed it.
    fn binds(&self, read: &Event) -> bool {
        match read.what {
            What::Read { from: From::Settled, .. } => true,
            What::Read { from: From::Elsewhere, .. } if self.everywhere && read.in_reach => true,
            _ => self.node == Some(read.node),
        }
    }
}

/// Returns the barriers among the events of one key, which stand in the order of their starts.
fn barriers(function: Function, events: &[Event]) -> Vec<Barrier> {
    let ended = events.iter().filter_map(|event| {
        let everywhere = match event.what {
            What::Invalidate { everywhere } => everywhere,
            // Nothing else fails or takes too long, so no old value serves.
            What::Expire { everywhere } if function != Function::Renewed => everywhere,
            _ => return None,
        };
        Some(Barrier { start: event.start, end: event.end, node: Some(event.node), everywhere })
    });
    ended.chain(groups(events).iter().filter_map(|group| of_group(group))).collect()
}

/// Returns the groups of writes that overlap, directly or by others between them, without
/// invalidations, which are barriers by themselves.
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

/// Returns the barrier of a group, or `None` if one of its writes may have been lost.
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

/// The numbers of a history, to see whether it is worth a check.
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
    by_tag: usize,
    expired: usize,
    stale: usize,
}

impl Summary {
    pub(crate) fn of(history: &[Event]) -> Self {
        let count = |is: &dyn Fn(&Event) -> bool| history.iter().filter(|event| is(event)).count();
        let read = |wanted| {
            count(
                &|event| matches!(event.what, What::Read { from, value: Some(_), .. } if from == wanted),
            )
        };
        let invalidated =
            |everywhere| count(&|event| event.what == What::Invalidate { everywhere });
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
            by_tag: count(&|event| {
                matches!((event.scope, event.what), (Scope::Group(_), What::Invalidate { .. }))
            }),
            expired: count(&|event| matches!(event.what, What::Expire { .. })),
            stale: count(&|event| matches!(event.what, What::Read { stale: true, .. })),
        }
    }

    /// Checks that each kind is one of so many calls, and that links were bad.
    pub(crate) fn assert_enough(&self, of: usize) {
        let least = [self.from_redis, self.loads, self.acknowledged, self.writes, self.settled];
        assert!(
            least.iter().all(|count| *count > self.calls / of),
            "too little happened: {self:?}"
        );
        let of_freshness = [self.by_tag, self.expired, self.stale];
        assert!(
            of_freshness.iter().all(|count| *count > self.calls / (4 * of)),
            "too little is tagged, expired or stale: {self:?}"
        );
        assert!(self.queued > 0 && self.out_of_reach > 0, "no link was bad: {self:?}");
    }
}
