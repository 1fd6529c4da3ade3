//! Faults of the network and of the server while calls go on.

use cachery_test_support::{Direction, Proxy};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use fastrand::Rng;
use tokio::time::sleep;

use super::{nodes::Nodes, traffic::Mix};

/// Makes one fault after the other, until it is `over`.
pub(crate) async fn inject(nodes: Arc<Nodes>, mix: Mix, mut random: Rng, over: Arc<AtomicBool>) {
    let proxies: Vec<_> = nodes.all.iter().filter_map(|node| node.proxy.as_ref()).collect();
    while !over.load(SeqCst) {
        if mix == Mix::Storm && random.u8(..10) == 0 {
            disturb(&nodes, &mut random).await;
        }
        let proxy = proxies[random.usize(..proxies.len())];
        add_fault(proxy, &mut random);
        match random.u8(..40) {
            0 => nodes.server.tell(&["SCRIPT", "FLUSH"]).await,
            1 => nodes.server.tell(&["FLUSHALL"]).await,
            _ => {}
        }
        // Some are longer than a heartbeat.
        let most = if random.u8(..20) == 0 { 1500 } else { 150 };
        sleep(Duration::from_millis(random.u64(5..most))).await;
        if random.bool() {
            proxy.pass();
        }
    }
}

/// Disturbs the server, and so all nodes, or restarts a node.
async fn disturb(nodes: &Nodes, random: &mut Rng) {
    let pause = Duration::from_millis(random.u64(5..1_500));
    match random.u8(..4) {
        0 => {
            nodes.server.freeze();
            sleep(pause).await;
            nodes.server.thaw();
        }
        1 => {
            nodes.server.kill();
            sleep(pause).await;
            nodes.server.restart().await;
        }
        _ => nodes.restart(&nodes.all[random.usize(..nodes.all.len())]).await,
    }
}

fn add_fault(proxy: &Proxy, random: &mut Rng) {
    let direction = if random.bool() { Direction::Requests } else { Direction::Replies };
    match random.u8(..7) {
        0 | 1 => proxy.cut(),
        2 => proxy.refuse(),
        3 | 4 => proxy.stall(direction),
        5 => proxy.delay(direction, Duration::from_millis(random.u64(1..60))),
        _ => proxy.truncate_next_reply(random.usize(..40)),
    }
}
