//! The end of a node's work: what is queued or on its way is finished, or reported as lost.

use std::{pin::pin, time::Duration};

use cachery_core::{Shutdown, observe};

use super::{client::Client, node::Node};
use crate::manager;

/// Waits until nothing is queued or on its way, or `within` is over.
pub(super) async fn shutdown(client: &Client, within: Duration) -> Shutdown {
    let Client { node, servers, .. } = client;
    let before = node.journal.acknowledgements();
    if node.journal.has_outstanding() {
        servers.replay_soon();
    }
    let limit = pin!(manager::timer(within));
    let _ = manager::until(limit, pin!(idle(node))).await;
    let queued = node.journal.len();
    let kept = if node.journal.is_kept() { queued } else { 0 };
    let lost = queued - kept + node.work.invalidations_begun();
    report_lost(node, lost);
    let done = node.journal.acknowledgements() - before;
    Shutdown::new(done, kept, lost)
}

async fn idle(node: &Node) {
    loop {
        let mut changed = pin!(node.work.changed());
        changed.as_mut().enable();
        // In this order: an invalidation that fails is queued before it is no longer on its way.
        if node.work.is_idle() && !node.journal.has_outstanding() {
            return;
        }
        changed.await;
    }
}

/// Reports that so many invalidations are lost. Those that were reported before are not counted
/// again.
pub(super) fn report_lost(node: &Node, lost: usize) {
    if lost == 0 {
        return;
    }
    observe::lost(node.journal.count_lost(lost));
    tracing::warn!(
        lost,
        "invalidations are lost with this process: until the ttl of those values is over, other \
         nodes may serve them"
    );
}
