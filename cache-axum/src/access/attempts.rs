//! Failed attempts, counted for each peer.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{extract::ConnectInfo, http::request::Parts};
use parking_lot::Mutex;
use tokio::time::Instant;

/// The wrong tokens of one peer within the [`WINDOW`] that are answered and logged as such.
const MOST: u32 = 20;
const WINDOW: Duration = Duration::from_secs(60);
/// The peers that are counted one by one. All others are one peer.
const MOST_PEERS: usize = 1024;

/// The failed attempts of the last minute. They limit what wrong tokens cost, and never refuse a
/// right one.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<HashMap<Peer, Window>>);

/// The network address of a caller; `None` where the server does not tell it, or there are too
/// many.
type Peer = Option<IpAddr>;

struct Window {
    began: Instant,
    failed: u32,
}

impl Attempts {
    /// Counts a failed attempt. Returns the time to wait, once there were too many.
    pub(crate) fn failed(&self, request: &Parts) -> Result<(), Duration> {
        let now = Instant::now();
        let mut windows = self.0.lock();
        let peer = place(&mut windows, peer(request), now);
        let window = windows.entry(peer).or_insert(Window { began: now, failed: 0 });
        if now.duration_since(window.began) >= WINDOW {
            *window = Window { began: now, failed: 0 };
        }
        window.failed = window.failed.saturating_add(1);
        let is_allowed = window.failed <= MOST;
        if is_allowed {
            Ok(())
        } else {
            Err(WINDOW.saturating_sub(now.duration_since(window.began)))
        }
    }
}

/// Returns the key under which `peer` is counted, so that the table stays small.
fn place(windows: &mut HashMap<Peer, Window>, peer: Peer, now: Instant) -> Peer {
    if windows.len() >= MOST_PEERS && !windows.contains_key(&peer) {
        windows.retain(|_, window| now.duration_since(window.began) < WINDOW);
        if windows.len() >= MOST_PEERS {
            return None;
        }
    }
    peer
}

/// Returns the address from which a request came. A network of version 6 counts as one peer, as
/// whoever has one has all its addresses.
fn peer(request: &Parts) -> Peer {
    let ConnectInfo(address) = request.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(match address.ip().to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(network))
        }
        address @ IpAddr::V4(_) => address,
    })
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};

    use super::*;

    fn from(address: &str) -> Parts {
        let (mut parts, _) = Request::new(Body::empty()).into_parts();
        let address: IpAddr = address.parse().unwrap();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(address, 1)));
        parts
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_is_limited_for_a_minute_and_others_are_not() {
        let attempts = Attempts::default();
        let fails = |address: &str| attempts.failed(&from(address)).is_err();
        assert!((0..MOST).all(|_| !fails("10.0.0.1")));
        assert!(fails("10.0.0.1") && fails("::ffff:10.0.0.1"));
        assert!(!fails("10.0.0.2"));
        tokio::time::advance(WINDOW).await;
        assert!(!fails("10.0.0.1"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_of_version_6_is_one_peer() {
        let attempts = Attempts::default();
        let fails = |address: &str| attempts.failed(&from(address)).is_err();
        assert!((0..MOST).all(|n| !fails(&format!("2001:db8::{n:x}"))));
        assert!(fails("2001:db8::ffff") && !fails("2001:db8:0:1::1"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_table_of_peers_is_bounded_and_takes_new_ones_after_a_minute() {
        let attempts = Attempts::default();
        let many = |attempts: &Attempts| {
            for n in 0..2 * MOST_PEERS {
                let address = format!("10.1.{}.{}", n / 256, n % 256);
                let _ = attempts.failed(&from(&address));
            }
        };
        many(&attempts);
        assert!(attempts.0.lock().len() <= MOST_PEERS + 1);
        assert!(attempts.failed(&from("10.9.9.9")).is_err(), "the peers beyond are one");
        tokio::time::advance(WINDOW).await;
        assert!(attempts.failed(&from("10.9.9.9")).is_ok());
    }
}
