//! The way to a server below Redis: its name and its port.

use std::{
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
    path::Path,
    time::Duration,
};

use crate::row::{Mark, Row};

/// The longest wait for a connection.
const LIMIT: Duration = Duration::from_secs(2);

/// The way to a server, as far as the operating system knows it.
pub(super) struct WayThere {
    pub(super) rows: Vec<Row>,
    /// True when a connection was made.
    pub(super) is_open: bool,
}

impl WayThere {
    /// Goes the way to `address`: `host:port`, or the path of a socket.
    pub(super) fn to(address: &str) -> Self {
        if address.starts_with('/') {
            Self::to_socket(Path::new(address))
        } else {
            Self::to_host(address)
        }
    }

    fn to_host(address: &str) -> Self {
        let found = match address.to_socket_addrs() {
            Ok(found) => found.collect::<Vec<_>>(),
            Err(error) => {
                let row = Row::new(Mark::Bad, "DNS", format!("the name has no address ({error})"));
                let row = row.todo("correct the host in the URL, or the resolver of this machine");
                return Self { rows: vec![row, Row::skipped("connect")], is_open: false };
            }
        };
        let listed: Vec<_> = found.iter().map(|address| address.ip().to_string()).collect();
        let dns = Row::well("DNS", listed.join(", "));
        let (connect, is_open) = connect(&found);
        Self { rows: vec![dns, connect], is_open }
    }

    fn to_socket(path: &Path) -> Self {
        let is_there = path.exists();
        let row = if is_there {
            Row::well("connect", "the socket is there")
        } else {
            Row::new(Mark::Bad, "connect", "the socket does not exist")
                .todo("start Redis with `unixsocket`, or correct the path in the URL")
        };
        Self { rows: vec![row], is_open: is_there }
    }
}

/// Connects to the first address that lets it.
fn connect(addresses: &[SocketAddr]) -> (Row, bool) {
    let mut last = None;
    for address in addresses {
        match TcpStream::connect_timeout(address, LIMIT) {
            Ok(_) => return (Row::well("connect", address.to_string()), true),
            Err(error) => last = Some(error),
        }
    }
    let row = match last {
        Some(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Row::new(Mark::Bad, "connect", "nothing listens there")
                .todo("start Redis, or correct the port in the URL")
        }
        Some(error) if error.kind() == io::ErrorKind::TimedOut => {
            Row::new(Mark::Bad, "connect", "no reply")
                .todo("see that the address is right and that no firewall stands between")
        }
        Some(error) => Row::new(Mark::Bad, "connect", error.to_string()),
        None => Row::new(Mark::Bad, "connect", "the name has no address"),
    };
    (row, false)
}
