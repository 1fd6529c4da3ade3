//! What servers that belong together share.

use std::{thread, time::Duration};

use super::{Server, waiting::until};

/// More than it takes them to agree on anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Does the same to each at once; starting takes time.
pub(super) fn in_parallel<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let threads: Vec<_> = items.into_iter().map(|item| scope.spawn(|| work(item))).collect();
        threads.into_iter().map(|thread| thread.join().expect("the work does not panic")).collect()
    })
}

/// Where they listen, as in the URL of a group.
pub(super) fn sockets(servers: &[Server]) -> String {
    servers.iter().map(|server| server.address().to_string()).collect::<Vec<_>>().join(",")
}

/// Until a replica has what its master has.
pub(super) fn wait_until_it_follows(replica: &Server) {
    until("the replica follows", PATIENCE, || {
        replication(replica).contains("master_link_status:up").then_some(())
    });
}

/// Whether a server says so of itself.
pub(super) fn is_master(server: &Server) -> bool {
    replication(server).contains("role:master")
}

fn replication(server: &Server) -> String {
    // A server that is down is nobody's replica, nor a master.
    server.query(&["INFO", "replication"]).unwrap_or_default()
}
