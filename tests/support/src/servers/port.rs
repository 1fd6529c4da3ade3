//! Free ports.

use std::net::{Ipv4Addr, TcpListener};

/// The difference between the two ports of a node of a Cluster, which servers before Redis 7 do not let
/// anybody choose.
pub(super) const BETWEEN: u16 = 10_000;
/// The ports for clients. They and those for other nodes are below the ports that the system gives to
/// outgoing connections: none of those takes a server's port while it is down.
const PORTS: std::ops::Range<u16> = 10_000..22_000;

/// Returns a port that was free a moment ago, and so was the one for other nodes. Another process may
/// take it before it is bound.
pub(super) fn free() -> u16 {
    let mut random = fastrand::Rng::new();
    let is_free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    std::iter::repeat_with(|| random.u16(PORTS))
        .take(1000)
        .find(|port| is_free(*port) && is_free(port + BETWEEN))
        .expect("a thousand random ports are not all taken")
}
