//! Free ports.

use std::net::{Ipv4Addr, TcpListener};

/// Below the ports that the system gives to outgoing connections: none of those takes a server's
/// port while it is down.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// Returns a port that was free a moment ago. Another process may take it before it is bound.
pub(super) fn free() -> u16 {
    let mut random = fastrand::Rng::new();
    std::iter::repeat_with(|| random.u16(PORTS))
        .take(1000)
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .expect("a thousand random ports are not all taken")
}
