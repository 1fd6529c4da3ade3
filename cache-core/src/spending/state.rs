//! The sums that the loads of a cache have spent in each part of time, and those that this node may
//! spend.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use cachery_syntax::Window;

use super::{BudgetReport, part, recent::Recent};
use crate::remote::{Block, BlockRequest};

/// Before a load has been measured, one reserves this part of the budget.
const UNMEASURED: u64 = 100;

/// A block is this part of the budget, or the cost of one load where that is more.
const BLOCKS: u64 = 100;

/// The time for which a node does not ask again for a block that it was refused.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The sums that the loads of a cache have spent in each part of time, and those that this node may
/// spend, in nano-units.
#[derive(Default)]
pub(crate) struct State {
    /// The parts that still count.
    parts: BTreeMap<u64, Part>,
    /// The window whose parts these are.
    window: Option<Window>,
    recent: Recent,
    known: Option<Known>,
    /// The part in which it was found that the store has forgotten what was granted.
    lost: Option<u64>,
    /// The part in which the store was last not reached.
    cut_off: Option<u64>,
    /// The last refusal of the store.
    refusal: Option<Refusal>,
}

/// One part of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Part {
    /// The sum that is spent or reserved.
    used: u64,
    /// The blocks that all nodes know of.
    granted: u64,
    /// The sum that was reserved beyond the blocks.
    beyond: u64,
}

/// The last reply of the store.
#[derive(Clone, Copy)]
struct Known {
    block: Block,
    /// The part of time of the reply.
    part: u64,
    /// The blocks that other nodes have taken.
    others: u64,
}

/// A block that the store has not granted.
#[derive(Clone, Copy)]
struct Refusal {
    part: u64,
    need: u64,
    /// The time until which as much is not asked for again.
    until: SystemTime,
}

/// The loads that are about to begin.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    pub(crate) window: Window,
    pub(crate) limit: u64,
    /// The cost of one load, where it is declared.
    pub(crate) declared: Option<u64>,
    pub(crate) loads: u64,
    /// The place where the budget is counted.
    pub(crate) counted: Counted,
}

/// The place where a budget is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// In this process alone.
    Here,
    /// In the store that all nodes share.
    There,
    /// There, and the store is out of reach.
    OutOfReach,
}

/// The outcome of an order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The cost is reserved in this part of time.
    Reserved(u64, u64),
    /// The budget does not allow the loads.
    Refused,
    /// The store is to be asked for a block of at least so much in this part of time.
    Ask(u64, u64),
}

/// The part of a budget that loads may still spend, as far as this node knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    /// The amount.
    pub(crate) nanos: u64,
    /// The time until more of the budget may be spent.
    pub(crate) more_in: Duration,
}

/// The answer to an order, before anything is reserved.
enum Answer {
    /// The cost, of which so much is beyond the blocks, in this part of time.
    Allow {
        part: u64,
        nanos: u64,
        beyond: u64,
    },
    Refuse,
    /// As [`Step::Ask`].
    Ask {
        part: u64,
        need: u64,
    },
}

impl State {
    /// Reserves the cost of loads: as it is declared, else as it was measured.
    pub(crate) fn reserve(&mut self, order: &Order, now: SystemTime) -> Step {
        match self.answer(order, now) {
            Answer::Allow { part, nanos, beyond } => {
                let at = self.parts.entry(part).or_default();
                at.used = at.used.saturating_add(nanos);
                at.beyond = at.beyond.saturating_add(beyond);
                Step::Reserved(part, nanos)
            }
            Answer::Refuse => Step::Refused,
            Answer::Ask { part, need } => Step::Ask(part, need),
        }
    }

    /// Tells whether loads would be refused, as far as this node knows, and reserves nothing.
    pub(crate) fn would_refuse(&mut self, order: &Order, now: SystemTime) -> bool {
        match self.answer(order, now) {
            Answer::Allow { .. } => false,
            Answer::Refuse => true,
            Answer::Ask { part, need } => {
                let others = self.others(order.window, part);
                let granted = self.sum(|part| part.granted).saturating_add(others);
                granted.saturating_add(need) > order.limit
            }
        }
    }

    fn answer(&mut self, order: &Order, now: SystemTime) -> Answer {
        let part = self.turn(order.window, now);
        let unmeasured = (order.limit / UNMEASURED).max(1);
        let each = order.declared.or(self.recent.p95()).unwrap_or(unmeasured);
        let nanos = each.saturating_mul(order.loads);
        let at = self.parts.get(&part).copied().unwrap_or_default();
        let missing = nanos.saturating_sub(at.granted.saturating_sub(at.used));
        let sum = self.used().checked_add(nanos);
        match order.counted {
            Counted::Here if sum.is_some_and(|sum| sum <= order.limit) => {
                Answer::Allow { part, nanos, beyond: 0 }
            }
            Counted::Here => Answer::Refuse,
            _ if missing == 0 => Answer::Allow { part, nanos, beyond: 0 },
            Counted::There if self.is_refused(part, missing, now) => Answer::Refuse,
            Counted::There if !self.is_lost(order, part) => Answer::Ask { part, need: missing },
            _ if missing <= self.share_left() => Answer::Allow { part, nanos, beyond: missing },
            _ => Answer::Refuse,
        }
    }

    /// Returns the rest of the share that this node spends without the store.
    fn share_left(&self) -> u64 {
        let share = self.known.map_or(0, |known| known.block.share);
        share.saturating_sub(self.sum(|part| part.beyond))
    }

    /// Tells whether the store has forgotten what was granted in the window.
    pub(crate) fn is_lost(&self, order: &Order, part: u64) -> bool {
        self.lost.is_some_and(|at| at + part::counted(order.window) > part)
    }

    /// Tells whether the store has refused as much a moment ago.
    fn is_refused(&self, part: u64, need: u64, now: SystemTime) -> bool {
        let refused = |last: Refusal| last.part == part && last.need <= need && now < last.until;
        self.refusal.is_some_and(refused)
    }

    /// Replaces what was reserved in `part` by the cost.
    pub(crate) fn settle(&mut self, part: u64, reserved: u64, nanos: u64) {
        // One that has failed for nothing tells nothing of the next.
        if nanos > 0 {
            self.recent.add(nanos);
        }
        self.give_back(part, reserved);
        if let Some(at) = self.parts.get_mut(&part) {
            at.used = at.used.saturating_add(nanos);
        }
    }

    /// Takes back what was reserved in `part`.
    pub(crate) fn give_back(&mut self, part: u64, reserved: u64) {
        if let Some(at) = self.parts.get_mut(&part) {
            at.used = at.used.saturating_sub(reserved);
        }
    }

    /// Returns the request for a block of at least `need`; the only one that asks for more is the
    /// `first`.
    pub(crate) fn request(
        &mut self,
        order: &Order,
        part: u64,
        need: u64,
        first: bool,
    ) -> BlockRequest {
        let block = if first { (order.limit / BLOCKS).max(need) } else { need };
        let mut differences = Vec::new();
        for (number, at) in &mut self.parts {
            let spent = signed(at.used) - signed(at.granted);
            if spent > 0 {
                differences.push((*number, spent));
            } else if spent < 0 && *number < part {
                differences.push((*number, spent));
                // Given back once only, whether or not there is a reply.
                at.granted = at.used;
            }
        }
        BlockRequest {
            window: order.window,
            limit: order.limit,
            part,
            counted: part::counted(order.window),
            need,
            want: block,
            differences,
            life: part::life(order.window),
        }
    }

    /// Notes the reply to a request. Returns whether it has granted a block.
    pub(crate) fn hear(&mut self, request: &BlockRequest, block: Block, now: SystemTime) -> bool {
        let counts = |at: u64| at + request.counted > request.part;
        self.cut_off = None;
        let last = self.known.filter(|known| counts(known.part));
        if last.is_some_and(|known| known.block.epoch != block.epoch) {
            self.lost = Some(request.part);
            return false;
        }
        for (number, spent) in &request.differences {
            if let (Some(at), Ok(spent)) = (self.parts.get_mut(number), u64::try_from(*spent)) {
                at.granted = at.granted.saturating_add(spent);
            }
        }
        if block.granted > 0 {
            let at = self.parts.entry(request.part).or_default();
            at.granted = at.granted.saturating_add(block.granted);
        }
        let others = block.total.saturating_sub(self.sum(|part| part.granted));
        self.known = Some(Known { block, part: request.part, others });
        let is_granted = block.granted >= request.need;
        let refusal = Refusal { part: request.part, need: request.need, until: now + ASK_AGAIN };
        self.refusal = (!is_granted).then_some(refusal);
        is_granted
    }

    /// Notes that a request was not answered.
    pub(crate) fn cut_off(&mut self, part: u64) {
        self.cut_off = Some(part);
    }

    /// Returns what is spent of the budget, as far as this node knows.
    pub(crate) fn report(&mut self, window: Window, limit: u64, now: SystemTime) -> BudgetReport {
        let part = self.turn(window, now);
        let used = self.used().saturating_add(self.others(window, part));
        let counts = |at: u64| at + part::counted(window) > part;
        BudgetReport { limit, used, is_cut_off: self.cut_off.or(self.lost).is_some_and(counts) }
    }

    /// Returns what loads may still spend of the budget. A node that is cut off has the rest of its
    /// blocks and of its share.
    pub(crate) fn rest(&mut self, window: Window, limit: u64, now: SystemTime) -> Rest {
        let report = self.report(window, limit, now);
        let alone = self.sum(|part| part.granted.saturating_sub(part.used));
        let alone = alone.saturating_add(self.share_left());
        let left = limit.saturating_sub(report.used);
        let nanos = if report.is_cut_off { left.min(alone) } else { left };
        let part = self.turn(window, now);
        let spent = self.parts.iter().find(|(_, at)| at.used > 0);
        let first = spent.map_or(part, |(number, _)| *number);
        let end = part::begin(window, first.saturating_add(part::counted(window)));
        Rest { nanos, more_in: end.saturating_sub(since_1970(now)) }
    }

    /// Returns the blocks that other nodes have taken, as the store has told.
    fn others(&self, window: Window, part: u64) -> u64 {
        let known = self.known.filter(|known| known.part + part::counted(window) > part);
        known.map_or(0, |known| known.others)
    }

    /// Forgets the parts that are over, and returns the present one. What was spent in another
    /// window, from before a reload, counts as spent now.
    fn turn(&mut self, window: Window, now: SystemTime) -> u64 {
        let part = part::number(window, since_1970(now));
        if self.window != Some(window) {
            let used = self.used();
            self.window = Some(window);
            self.parts = BTreeMap::from([(part, Part { used, ..Part::default() })]);
            self.known = None;
            self.lost = None;
            self.cut_off = None;
            self.refusal = None;
        }
        self.parts.retain(|number, _| number + part::counted(window) > part);
        part
    }

    fn used(&self) -> u64 {
        self.sum(|part| part.used)
    }

    fn sum(&self, amount: impl Fn(&Part) -> u64) -> u64 {
        self.parts.values().fold(0, |sum, part| sum.saturating_add(amount(part)))
    }
}

/// Returns the time since 1970; a clock from before that counts as of then.
fn since_1970(now: SystemTime) -> Duration {
    now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

fn signed(nanos: u64) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}
