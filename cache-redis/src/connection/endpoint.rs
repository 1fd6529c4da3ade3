//! The way to one server, followed anew before each connection.

use std::{path::Path, sync::Arc};

use super::{
    connect_error::ConnectError,
    credentials::{Credentials, Peer},
    handshake::Role,
    host::Host,
    sentinels::Sentinels,
};
/// The way to one server.
pub(crate) enum Endpoint {
    Fixed { peer: Peer, address: Arc<str> },
    Sentinels { sentinels: Sentinels, credentials: Arc<Credentials> },
}

/// A server that was located.
pub(crate) struct Located {
    pub(crate) peer: Peer,
    pub(crate) address: Arc<str>,
    /// The role that the server must confirm.
    pub(crate) role: Role,
}

impl Endpoint {
    /// Returns the way to the server at `host`.
    pub(crate) fn server(credentials: &Credentials, host: &Host) -> Self {
        Self::Fixed { peer: credentials.peer(host), address: host.to_string().into() }
    }

    pub(super) fn socket(credentials: &Credentials, path: &Path) -> Self {
        Self::Fixed {
            peer: credentials.socket_peer(path),
            address: path.display().to_string().into(),
        }
    }

    pub(super) fn sentinels(
        credentials: Arc<Credentials>,
        hosts: Vec<Host>,
        master: String,
    ) -> Self {
        Self::Sentinels { sentinels: Sentinels::new(hosts, master), credentials }
    }

    /// Returns the server's name before it was located.
    pub(crate) fn address(&self) -> Arc<str> {
        match self {
            Self::Fixed { address, .. } => Arc::clone(address),
            Self::Sentinels { sentinels, .. } => sentinels.master_name().into(),
        }
    }

    /// Locates the server.
    pub(crate) async fn locate(&self) -> Result<Located, ConnectError> {
        match self {
            Self::Fixed { peer, address } => {
                Ok(Located { peer: peer.clone(), address: Arc::clone(address), role: Role::Any })
            }
            Self::Sentinels { sentinels, credentials } => {
                let host = sentinels.find_master(credentials).await?;
                Ok(Located {
                    peer: credentials.peer(&host),
                    address: host.to_string().into(),
                    role: Role::Master,
                })
            }
        }
    }
}
