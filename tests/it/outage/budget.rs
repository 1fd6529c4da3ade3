//! A budget that Redis keeps for all nodes, while Redis is away and when it has forgotten.

use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};

use cachery::{Backend, Caches, OverBudget, cached, health::Status};

use super::place::{Place, becomes, returns};

/// The loads that a budget pays for.
const BUDGET_IN_LOADS: u64 = 200;
const NODES: u64 = 10;
/// A block in loads: a hundredth of the budget.
const BLOCK: u64 = 2;

static BILLED: AtomicU64 = AtomicU64::new(0);
static NEXT: AtomicU64 = AtomicU64::new(0);

#[cached(name = "outage-budget", ttl = 3600, cost = 0.01, budget = "2/24h")]
async fn paid(id: u64) -> Result<u64, OverBudget> {
    BILLED.fetch_add(1, SeqCst);
    Ok(id)
}

/// Loads by all nodes in turn until no more is loaded. Returns the number of loads so far.
async fn spend(nodes: &[Caches], most: u64) -> u64 {
    let mut refused = 0;
    for turn in 0.. {
        if refused == 2 * NODES || turn == most {
            break;
        }
        let node = &nodes[usize::try_from(turn % NODES).unwrap()];
        let id = NEXT.fetch_add(1, SeqCst);
        let result = returns(node.scope(paid(id))).await;
        refused = if result.is_ok() { 0 } else { refused + 1 };
    }
    BILLED.load(SeqCst)
}

fn tells_of_it(notes: &[String]) -> bool {
    notes.iter().any(|note| note.starts_with("`outage-budget`: Redis is out of reach"))
}

#[tokio::test]
async fn with_redis_killed_in_between_nodes_spend_two_budgets_and_their_blocks_at_most() {
    let place = Place::start().await;
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        let node = place.node(Backend::Redis).await;
        node.clock().stop();
        nodes.push(node);
    }
    let before = spend(&nodes, 60).await;
    assert_eq!(before, 60);
    place.server.kill();
    let cut_off = spend(&nodes, u64::MAX).await;
    assert!(cut_off > before, "a node spends its share");
    assert!(cut_off <= before + BUDGET_IN_LOADS + NODES * BLOCK, "{cut_off}");
    assert!(tells_of_it(&nodes[0].health().await.notes));
    // It has forgotten everything.
    place.server.restart().await;
    for node in &nodes {
        becomes(node, "its health is good", |health| health.status == Status::Up).await;
    }
    let all = spend(&nodes, u64::MAX).await;
    assert!(all <= 2 * BUDGET_IN_LOADS + NODES * BLOCK, "{all}");
    assert!(tells_of_it(&nodes[0].health().await.notes));
    for node in &nodes {
        // A sliding day counts in parts of two hours.
        node.clock().advance(Duration::from_secs(26 * 3600));
    }
    let next_day = spend(&nodes, u64::MAX).await - all;
    assert!(next_day <= BUDGET_IN_LOADS, "{next_day}");
    assert!(next_day >= BUDGET_IN_LOADS - NODES * BLOCK, "{next_day}");
    assert!(!tells_of_it(&nodes[0].health().await.notes));
}
