//! What happens to links and to the server while calls go on.

use cachery_test_support::{Direction, Proxy};
use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use tokio::time::sleep;

use super::fleet::Fleet;

/// One fault after the other, until it is dropped.
pub(crate) async fn weather(fleet: Arc<Fleet>, mut random: Rng) {
    let links: Vec<_> = fleet.nodes.iter().filter_map(|node| node.link.as_ref()).collect();
    loop {
        let link = links[random.usize(..links.len())];
        harm(link, &mut random);
        match random.u8(..40) {
            0 => fleet.server.tell(&["SCRIPT", "FLUSH"]).await,
            1 => fleet.server.tell(&["FLUSHALL"]).await,
            _ => {}
        }
        // Some are longer than a heartbeat.
        let most = if random.u8(..20) == 0 { 1500 } else { 150 };
        sleep(Duration::from_millis(random.u64(5..most))).await;
        if random.bool() {
            link.pass();
        }
    }
}

fn harm(link: &Proxy, random: &mut Rng) {
    let direction = if random.bool() { Direction::Requests } else { Direction::Replies };
    match random.u8(..7) {
        0 | 1 => link.cut(),
        2 => link.refuse(),
        3 | 4 => link.stall(direction),
        5 => link.delay(direction, Duration::from_millis(random.u64(1..60))),
        _ => link.truncate_next_reply(random.usize(..40)),
    }
}
