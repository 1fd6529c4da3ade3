//! The way to one server, followed anew before each connection.

use std::{path::PathBuf, sync::Arc};

use super::{
    connect_error::ConnectError,
    credentials::{Credentials, Peer},
    handshake::Role,
    host::Host,
    sentinels::Sentinels,
};

/// The way to one server.
pub(crate) struct Endpoint {
    place: Place,
    credentials: Arc<Credentials>,
}

/// The place of a server.
pub(super) enum Place {
    Host(Host),
    Socket(PathBuf),
    Sentinels(Sentinels),
}

/// A server that was located.
pub(crate) struct Located {
    pub(crate) peer: Peer,
    pub(crate) address: Arc<str>,
    /// The role that the server must confirm.
    pub(crate) role: Role,
}

impl Endpoint {
    pub(super) fn new(place: Place, credentials: Arc<Credentials>) -> Self {
        Self { place, credentials }
    }

    /// Returns the way to the server at `host`.
    pub(crate) fn server(credentials: &Arc<Credentials>, host: &Host) -> Self {
        Self::new(Place::Host(host.clone()), Arc::clone(credentials))
    }

    /// Returns the server's name before it was located.
    pub(crate) fn address(&self) -> Arc<str> {
        match &self.place {
            Place::Host(host) => host.to_string().into(),
            Place::Socket(path) => path.display().to_string().into(),
            Place::Sentinels(sentinels) => sentinels.master_name().into(),
        }
    }

    /// Asks for the password that the server wants now.
    pub(crate) async fn renew(&self) -> Result<(), ConnectError> {
        self.credentials.renew().await
    }

    /// Locates the server.
    pub(crate) async fn locate(&self) -> Result<Located, ConnectError> {
        let peer = match &self.place {
            Place::Host(host) => self.credentials.peer(host),
            Place::Socket(path) => self.credentials.socket_peer(path),
            Place::Sentinels(sentinels) => {
                let host = sentinels.find_master(&self.credentials).await?;
                let address = host.to_string().into();
                return Ok(Located {
                    peer: self.credentials.peer(&host),
                    address,
                    role: Role::Master,
                });
            }
        };
        Ok(Located { peer, address: self.address(), role: Role::Any })
    }
}
