//! Blocks of a budget that all nodes share.

use std::time::Duration;

use cachery_syntax::Window;

/// A request of one node for a block of the budget of a cache.
///
/// Time is counted in parts, which have numbers: a window of the calendar is one part, a sliding one
/// has several.
#[derive(Clone, Debug)]
pub struct BlockRequest {
    /// The window of the budget. Nodes of another window do not share it.
    pub window: Window,
    /// The most that may be spent in the window, in nano-units.
    pub limit: u64,
    /// The present part of time.
    pub part: u64,
    /// The number of parts that count, up to the present one.
    pub counted: u64,
    /// The least block that is of use. A smaller one is not granted.
    pub need: u64,
    /// The block that is wanted, where so much is left.
    pub want: u64,
    /// The parts of time in which the node has spent more than it was granted, or less, with the
    /// difference.
    pub differences: Vec<(u64, i64)>,
    /// The time for which the state of the budget is kept after this request.
    pub life: Duration,
}

/// The reply to a [`BlockRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The block that is granted in the present part; zero for none.
    pub granted: u64,
    /// All that was granted to all nodes in the parts that count, this block included.
    pub total: u64,
    /// The most that the node may spend in one window without being granted it, while the store is
    /// out of reach. The shares of all nodes are the budget at most.
    pub share: u64,
    /// The number of nodes that were heard of lately.
    pub nodes: u64,
    /// Random bytes: others than before where the store has forgotten what was granted.
    pub epoch: [u8; 16],
}
