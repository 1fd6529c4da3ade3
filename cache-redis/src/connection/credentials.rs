//! Credentials of a target, and the servers to which they belong.

use std::path::Path;

use redis::RedisConnectionInfo;
use tokio_rustls::TlsConnector;

use super::{host::Host, stream::Address};

/// The transport and the credentials for every server of a target. It has no `Debug`, because it
/// holds a password.
pub(crate) struct Credentials {
    /// `None` without TLS.
    pub(super) tls: Option<TlsConnector>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: i64,
}

/// A server to connect to, and the login there. It has no `Debug`, because it holds a password.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(super) address: Address,
    pub(super) login: RedisConnectionInfo,
}

impl Credentials {
    /// Returns the server at `host`.
    pub(crate) fn peer(&self, host: &Host) -> Peer {
        Peer { address: self.address_of(host), login: self.login() }
    }

    /// Returns the server behind a socket.
    pub(super) fn socket_peer(&self, path: &Path) -> Peer {
        Peer { address: Address::Socket(path.to_owned()), login: self.login() }
    }

    /// Returns the ways to try for a sentinel, in this order. Sentinels often have no password and
    /// no TLS where their servers have. The password is never sent in the clear when TLS was asked
    /// for.
    pub(super) fn sentinel_peers(&self, host: &Host) -> Vec<Peer> {
        let mut peers = vec![Peer { address: self.address_of(host), login: no_login() }];
        if self.password.is_some() {
            peers.push(Peer { address: self.address_of(host), login: self.login().set_db(0) });
        }
        if self.tls.is_some() {
            peers.push(Peer { address: Address::Tcp(host.clone()), login: no_login() });
        }
        peers
    }

    fn address_of(&self, host: &Host) -> Address {
        match &self.tls {
            Some(connector) => Address::Tls(host.clone(), connector.clone()),
            None => Address::Tcp(host.clone()),
        }
    }

    fn login(&self) -> RedisConnectionInfo {
        let mut login = no_login().set_db(self.database);
        if let Some(user) = &self.user {
            login = login.set_username(user);
        }
        if let Some(password) = &self.password {
            login = login.set_password(password);
        }
        login
    }
}

fn no_login() -> RedisConnectionInfo {
    RedisConnectionInfo::default().set_skip_set_lib_name()
}
