//! Parts that a cluster and a group of sentinels share.

use std::{thread, time::Duration};

use super::Server;
use crate::wait_for;

/// More than it takes servers to agree on anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Does the same to each at once, because starting takes time.
pub(super) fn in_parallel<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let threads: Vec<_> = items.into_iter().map(|item| scope.spawn(|| work(item))).collect();
        threads.into_iter().map(|thread| thread.join().expect("the work does not panic")).collect()
    })
}

/// The addresses, as in the URL of a group.
pub(super) fn addresses(servers: &[Server]) -> String {
    servers.iter().map(|server| server.address().to_string()).collect::<Vec<_>>().join(",")
}

/// Waits until a replica has what its master has.
pub(super) fn wait_until_it_follows(replica: &Server) {
    wait_for("the replica follows", PATIENCE, || {
        replication(replica).contains("master_link_status:up").then_some(())
    });
}

/// Tells whether a server says that it is a master.
pub(super) fn is_master(server: &Server) -> bool {
    replication(server).contains("role:master")
}

fn replication(server: &Server) -> String {
    // A server that is down is neither a replica nor a master.
    server.query(&["INFO", "replication"]).unwrap_or_default()
}
