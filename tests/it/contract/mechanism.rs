//! Health names the mechanism by which a node learns of the others' invalidations.

use std::time::Duration;

use cachery::health::Push;
use cachery_test_support::eventually;

use super::place::Place;

const PATIENCE: Duration = Duration::from_secs(20);

/// Prints it, for the table of servers.
pub(super) async fn health_names_it(place: Place) {
    let node = place.node_in_real_time().await;
    let push = eventually("it is known", PATIENCE, async || {
        let push = node.health().await.servers[0].push;
        (push != Push::Down).then_some(push)
    })
    .await;
    let mechanism = match push {
        Push::Up => "pushes",
        Push::Subscribed => "feed",
        _ => "none",
    };
    println!("\nmechanism: {mechanism}");
}
