//! The way to one server, followed anew before each connection.

use std::{path::Path, sync::Arc};

use redis::Client;

use super::{
    connect_error::ConnectError, credentials::Credentials, handshake::Role, host::Host,
    sentinels::Sentinels,
};
use crate::open_error::OpenError;

/// The way to one server.
pub(crate) enum Endpoint {
    Fixed { client: Client, address: Arc<str> },
    Sentinels { sentinels: Sentinels, credentials: Arc<Credentials> },
}

/// A server that was located.
pub(crate) struct Located {
    pub(crate) client: Client,
    pub(crate) address: Arc<str>,
    /// The role that the server must confirm.
    pub(crate) role: Role,
}

impl Endpoint {
    /// Returns the way to the server at `host`.
    pub(crate) fn server(credentials: &Credentials, host: &Host) -> Result<Self, OpenError> {
        let client = credentials.client(host).map_err(|_| OpenError::UnusableHost)?;
        Ok(Self::Fixed { client, address: host.to_string().into() })
    }

    pub(super) fn socket(credentials: &Credentials, path: &Path) -> Result<Self, OpenError> {
        let client = credentials.socket_client(path).map_err(|_| OpenError::UnusableSocket)?;
        Ok(Self::Fixed { client, address: path.display().to_string().into() })
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
            Self::Fixed { client, address } => {
                let (client, address) = (client.clone(), Arc::clone(address));
                Ok(Located { client, address, role: Role::Any })
            }
            Self::Sentinels { sentinels, credentials } => {
                let host = sentinels.find_master(credentials).await?;
                let client = credentials.client(&host).map_err(|error| ConnectError::of(&error))?;
                Ok(Located { client, address: host.to_string().into(), role: Role::Master })
            }
        }
    }
}
