//! Credentials of a target, and the clients that log in with them.

use std::path::Path;

use redis::{
    Client, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, RedisError,
    io::tcp::TcpSettings,
};

use super::host::Host;

/// The transport and the credentials for every server of a target. It has no `Debug`, because it
/// holds a password.
pub(crate) struct Credentials {
    /// An address without a host, with TLS or without.
    pub(super) transport: ConnectionAddr,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: i64,
}

impl Credentials {
    /// Returns a client for the server at `host`.
    pub(crate) fn client(&self, host: &Host) -> Result<Client, RedisError> {
        client(self.address_of(host), self.login())
    }

    /// Returns a client for the server behind a socket.
    pub(super) fn socket_client(&self, path: &Path) -> Result<Client, RedisError> {
        client(ConnectionAddr::Unix(path.to_owned()), self.login())
    }

    /// Returns the clients to try for a sentinel, in this order. Sentinels often have no password
    /// and no TLS where their servers have. The password is never sent in the clear when TLS was
    /// asked for.
    pub(super) fn sentinel_clients(&self, host: &Host) -> Vec<Client> {
        let mut clients = vec![client(self.address_of(host), RedisConnectionInfo::default())];
        if self.password.is_some() {
            clients.push(client(self.address_of(host), self.login().set_db(0)));
        }
        if matches!(self.transport, ConnectionAddr::TcpTls { .. }) {
            let plain = ConnectionAddr::Tcp(host.name.clone(), host.port);
            clients.push(client(plain, RedisConnectionInfo::default()));
        }
        clients.into_iter().flatten().collect()
    }

    fn address_of(&self, host: &Host) -> ConnectionAddr {
        let Host { name, port } = host.clone();
        match self.transport.clone() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host: name, port, insecure, tls_params }
            }
            _ => ConnectionAddr::Tcp(name, port),
        }
    }

    fn login(&self) -> RedisConnectionInfo {
        let mut info = RedisConnectionInfo::default().set_db(self.database);
        if let Some(user) = &self.user {
            info = info.set_username(user);
        }
        if let Some(password) = &self.password {
            info = info.set_password(password);
        }
        info
    }
}

fn client(address: ConnectionAddr, login: RedisConnectionInfo) -> Result<Client, RedisError> {
    let info = address.into_connection_info()?;
    let info = info.set_redis_settings(login.set_skip_set_lib_name());
    Client::open(info.set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}
