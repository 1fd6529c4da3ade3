//! Credentials of a target, and the servers to which they belong.

use std::{
    path::Path,
    pin::pin,
    time::{Duration, Instant},
};

use cachery_core::remote::PasswordSource;
use parking_lot::RwLock;
use redis::{ProtocolVersion, RedisConnectionInfo};
use tokio_rustls::TlsConnector;

#[cfg(feature = "upstash")]
use super::sync_token::SyncToken;
use super::{
    address_map::AddressMap, connect_error::ConnectError, host::Host, password_command,
    request_error::RequestError, stream::Address, url::Login,
};
use crate::manager;

/// The time that a source of passwords has. A command of a cloud takes some seconds.
const LIMIT: Duration = Duration::from_secs(10);

/// The transport and the credentials for every server of a target. It has no `Debug`, because it
/// holds a password.
pub(crate) struct Credentials {
    access: RwLock<Access>,
    /// The time of the last reply of the source. Held while the source is asked.
    renewed: tokio::sync::Mutex<Option<Instant>>,
    database: i64,
    protocol: Option<ProtocolVersion>,
    addresses: AddressMap,
    /// `None` where servers speak the protocol of Redis.
    #[cfg(feature = "upstash")]
    rest: Option<SyncToken>,
}

/// The part of the credentials that may change while the program runs.
pub(super) struct Access {
    /// `None` without TLS.
    pub(super) tls: Option<TlsConnector>,
    pub(super) login: Login,
    /// `None` where sentinels may have the login of the servers.
    pub(super) sentinel: Option<Login>,
    /// The source that is asked for the password before each connection.
    pub(super) source: Option<PasswordSource>,
}

/// A server to connect to, and the login there. It has no `Debug`, because it holds a password.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(super) address: Address,
    pub(super) login: RedisConnectionInfo,
    /// `None` for the newest that the server speaks.
    pub(super) protocol: Option<ProtocolVersion>,
    /// `None` for a server that speaks the protocol of Redis.
    #[cfg(feature = "upstash")]
    pub(super) rest: Option<SyncToken>,
}

impl Credentials {
    pub(super) fn new(
        access: Access,
        database: i64,
        protocol: Option<ProtocolVersion>,
        addresses: AddressMap,
    ) -> Self {
        let renewed = tokio::sync::Mutex::default();
        let access = RwLock::new(access);
        Self {
            access,
            renewed,
            database,
            protocol,
            addresses,
            #[cfg(feature = "upstash")]
            rest: None,
        }
    }

    /// Has servers reached by the REST API of Upstash.
    #[cfg(feature = "upstash")]
    pub(super) fn by_rest(self) -> Self {
        Self { rest: Some(SyncToken::default()), ..self }
    }

    /// Takes over what may change while the program runs. Returns false, and changes nothing, where
    /// anything else has changed.
    pub(crate) fn take_over(&self, other: Self) -> bool {
        let is_alike = self.database == other.database
            && self.protocol == other.protocol
            && self.addresses == other.addresses;
        if is_alike {
            *self.access.write() = other.access.into_inner();
        }
        is_alike
    }

    /// Asks the source for the password, if there is one. Callers who come while it is asked share
    /// its reply.
    pub(crate) async fn renew(&self) -> Result<(), ConnectError> {
        let Some(source) = self.access.read().source.clone() else { return Ok(()) };
        let came = Instant::now();
        let mut renewed = self.renewed.lock().await;
        if renewed.is_some_and(|renewed| renewed >= came) {
            return Ok(());
        }
        let limit = pin!(manager::timer(LIMIT));
        let password = manager::until(limit, pin!(ask(source))).await.flatten();
        let password = password.ok_or(RequestError::NO_PASSWORD)?;
        self.access.write().login.password = Some(password);
        *renewed = Some(Instant::now());
        Ok(())
    }

    /// Returns the server at `host`, as servers name it.
    pub(crate) fn peer(&self, host: &Host) -> Peer {
        let access = self.access.read();
        self.peer_with(self.address_of(host, access.tls.as_ref()), Some(&access.login))
    }

    /// Returns the server behind a socket.
    pub(super) fn socket_peer(&self, path: &Path) -> Peer {
        self.peer_with(Address::Socket(path.to_owned()), Some(&self.access.read().login))
    }

    /// Returns the ways to try for a sentinel, in this order. Sentinels often have no password and
    /// no TLS where their servers have, unless the URL says theirs. The password is never sent in
    /// the clear when TLS was asked for.
    pub(super) fn sentinel_peers(&self, host: &Host) -> Vec<Peer> {
        let access = self.access.read();
        let Access { tls, login, sentinel, .. } = &*access;
        let address = self.address_of(host, tls.as_ref());
        let logins = match sentinel {
            Some(own) => vec![Some(own)],
            None if login.password.is_some() => vec![None, Some(login)],
            None => vec![None],
        };
        let peer = |login| self.peer_with(address.clone(), login);
        let mut peers: Vec<_> = logins.into_iter().map(peer).collect();
        if tls.is_some() && sentinel.is_none() {
            peers.push(self.peer_with(self.address_of(host, None), None));
        }
        peers.into_iter().map(Peer::without_database).collect()
    }

    fn address_of(&self, host: &Host, tls: Option<&TlsConnector>) -> Address {
        let host = self.addresses.reached(host);
        match tls {
            Some(connector) => Address::Tls(host, connector.clone()),
            None => Address::Tcp(host),
        }
    }

    fn peer_with(&self, address: Address, login: Option<&Login>) -> Peer {
        let mut info = RedisConnectionInfo::default().set_skip_set_lib_name().set_db(self.database);
        if let Some(user) = login.and_then(|login| login.user.as_ref()) {
            info = info.set_username(user);
        }
        if let Some(password) = login.and_then(|login| login.password.as_ref()) {
            info = info.set_password(password);
        }
        Peer {
            address,
            login: info,
            protocol: self.protocol,
            #[cfg(feature = "upstash")]
            rest: self.rest.clone(),
        }
    }
}

impl Peer {
    fn without_database(mut self) -> Self {
        self.login = self.login.set_db(0);
        self
    }
}

/// Returns the password, or `None` where the source has none.
async fn ask(source: PasswordSource) -> Option<String> {
    match source {
        PasswordSource::Command(command) => password_command::run(command).await,
        PasswordSource::Provider(provider) => provider.ask().await,
    }
}
