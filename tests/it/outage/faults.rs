//! One rule for many faults: calls return, and when the fault is over Redis is used again.

use cachery::{Backend, Caches};
use cachery_test_support::Direction::{Replies, Requests};

use super::{
    functions::square,
    place::{BRIEFLY, BUDGET, Place, median, recovers, returns, time},
};

/// The duration, in milliseconds, of a fault that ends by itself.
const A_WHILE: &str = "1500";

/// Makes a test of the rule for each fault, which has a beginning and may have an end.
macro_rules! faults {
    ($rule:ident, $backend:ident; $($fault:ident: $begins:expr, $ends:expr;)*) => {
        $(#[tokio::test]
        async fn $fault() {
            super::$rule(Backend::$backend, $begins, $ends).await;
        })*
    };
    ($rule:ident, $backend:ident; $($fault:ident: $happens:expr;)*) => {
        $(#[tokio::test]
        async fn $fault() {
            super::$rule(Backend::$backend, $happens).await;
        })*
    };
}

/// Makes tests of all faults of a server with connections.
macro_rules! all_faults {
    ($($module:ident: $backend:ident;)*) => {
        $(mod $module {
            use super::*;

            faults! {
                calls_return_and_it_recovers, $backend;
                killed: async |at| at.server.kill(), async |at| at.server.restart().await;
                stopped: async |at| at.server.stop(), async |at| at.server.restart().await;
                frozen: async |at| at.server.freeze(), async |at| at.server.thaw();
                loading: loads_its_data_anew, async |at| at.load_fast().await;
                busy: runs_without_end, async |at| at.server.tell(&["SCRIPT", "KILL"]).await;
                full: async |at| at.set("maxmemory", "1").await, async |at| at.set("maxmemory", "0").await;
                a_replica: becomes_a_replica, async |at| at.server.tell(&["REPLICAOF", "NO", "ONE"]).await;
                with_another_password: changes_its_password, async |at| at.set("requirepass", "").await;
                forbidding_all: async |at| at.grant(&["-@all"]).await, allows_all;
                forbidding_scripts: async |at| at.grant(&["-eval", "-evalsha"]).await, allows_all;
                refusing: async |at| at.proxy.refuse(), async |at| at.proxy.pass();
                holding_back_requests: async |at| at.proxy.stall(Requests), async |at| at.proxy.pass();
                holding_back_replies: async |at| at.proxy.stall(Replies), async |at| at.proxy.pass();
                slow: async |at| at.proxy.delay(Replies, 10 * BUDGET), async |at| at.proxy.pass();
                garbling_replies: async |at| at.proxy.garble(Replies), async |at| at.proxy.pass();
                garbling_requests: async |at| at.proxy.garble(Requests), async |at| at.proxy.pass();
            }

            faults! {
                calls_return_and_it_recovers_by_itself, $backend;
                restarted_empty: async |at| at.server.restart().await;
                restarted_with_other_data: loads_other_data;
                emptied: async |at| at.server.tell(&["FLUSHALL"]).await;
                paused: async |at| at.server.tell(&["CLIENT", "PAUSE", A_WHILE]).await;
                paused_for_writes: async |at| at.server.tell(&["CLIENT", "PAUSE", A_WHILE, "WRITE"]).await;
                without_its_scripts: async |at| at.server.tell(&["SCRIPT", "FLUSH"]).await;
                without_its_clients: async |at| at.server.tell(&["CLIENT", "KILL", "TYPE", "normal"]).await;
                cut_off: async |at| at.proxy.cut();
                hanging_up_in_a_reply: async |at| at.proxy.truncate_next_reply(5);
            }
        })*
    };
}

all_faults! {
    redis: Redis;
    tiered: Tiered;
}

/// Faults that a node meets at its start.
mod at_start {
    use super::*;

    faults! {
        a_node_starts_and_finds_it_later, Tiered;
        never_started: async |at| at.server.kill(), async |at| at.server.restart().await;
        frozen: async |at| at.server.freeze(), async |at| at.server.thaw();
        refusing: async |at| at.proxy.refuse(), async |at| at.proxy.pass();
        garbling_replies: async |at| at.proxy.garble(Replies), async |at| at.proxy.pass();
        with_another_password: changes_its_password, async |at| at.set("requirepass", "").await;
        full: async |at| at.set("maxmemory", "1").await, async |at| at.set("maxmemory", "0").await;
    }
}

async fn calls_return_and_it_recovers(
    backend: Backend,
    begins: impl AsyncFn(&Place),
    ends: impl AsyncFn(&Place),
) {
    let place = Place::start().await;
    let node = place.node_with(backend, |builder| builder.remote_deadline(BUDGET)).await;
    node.scope(square(1)).await;
    begins(&place).await;
    goes_on_and_recovers(&place, &node, ends).await;
}

async fn a_node_starts_and_finds_it_later(
    backend: Backend,
    begins: impl AsyncFn(&Place),
    ends: impl AsyncFn(&Place),
) {
    let place = Place::start().await;
    begins(&place).await;
    let node = place.node_with(backend, |builder| builder.remote_deadline(BUDGET)).await;
    goes_on_and_recovers(&place, &node, ends).await;
}

async fn goes_on_and_recovers(place: &Place, node: &Caches, ends: impl AsyncFn(&Place)) {
    node.scope(all_calls_return()).await;
    let unavailable = node.sync_scope(|| square::cache().stats().remote.unavailable);
    assert!(unavailable > 0, "no call met the fault");
    ends(place).await;
    recovers(node, &place.direct_node().await).await;
}

async fn calls_return_and_it_recovers_by_itself(backend: Backend, happens: impl AsyncFn(&Place)) {
    let place = Place::start().await;
    let node = place.node_with(backend, |builder| builder.remote_deadline(BUDGET)).await;
    node.scope(square(1)).await;
    happens(&place).await;
    node.scope(all_calls_return()).await;
    recovers(&node, &place.direct_node().await).await;
}

/// Checks that each call returns its value and waits no longer than the budget. The first ones come
/// before the breaker opens.
async fn all_calls_return() {
    let mut times = Vec::new();
    for number in 1..=5 {
        times.push(time(square(number), number * number).await);
    }
    assert!(median(times.clone()) < BRIEFLY, "{times:?}");
    for number in 1..=20 {
        assert_eq!(returns(square(number)).await, number * number);
    }
    assert!(matches!(returns(square::peek(2)).await, None | Some(4)));
    assert_eq!(returns(square::refresh(2)).await, 4);
    returns(square::put(2, 4)).await;
    returns(square::invalidate(2)).await;
    returns(square::cache().clear()).await;
    assert_eq!(returns(square(2)).await, 4);
}

async fn loads_other_data(at: &Place) {
    let data = at.server.save().await;
    at.server.tell(&["FLUSHALL"]).await;
    at.server.restart_with(&data).await;
}

/// Loads the data again, as a restart does, but connections stay.
async fn loads_its_data_anew(at: &Place) {
    at.load_slowly().await;
    let server = at.server.clone();
    // The connection of this command times out, and the server goes on.
    tokio::spawn(async move { server.command(&["DEBUG", "RELOAD"]).await });
    at.server_replies("LOADING").await;
}

/// Runs a script that does not end.
async fn runs_without_end(at: &Place) {
    at.set("busy-reply-threshold", "10").await;
    let server = at.server.clone();
    // The connection of this command ends when the script has been killed.
    tokio::spawn(async move { server.command(&["EVAL", "while true do end", "0"]).await });
    at.server_replies("BUSY").await;
}

async fn allows_all(at: &Place) {
    at.grant(&["+@all"]).await;
}

async fn becomes_a_replica(at: &Place) {
    at.server.tell(&["REPLICAOF", "127.0.0.1", "1"]).await;
}

async fn changes_its_password(at: &Place) {
    at.set("requirepass", "another").await;
    at.server.tell(&["CLIENT", "KILL", "TYPE", "normal"]).await;
}
