//! From a target to connections: where a server is, and how one gets in.

mod sentinels;
mod tls;

use std::{path::Path, sync::Arc};

use cachery_core::remote::Target;
use redis::{
    Client, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, RedisError, io::tcp::TcpSettings,
};

use self::sentinels::Sentinels;
use crate::{
    server::Refusal,
    url::{self, Host, Url},
};

/// What a target asks for.
pub(crate) enum Plan {
    Server(Box<Origin>),
    Cluster { seeds: Vec<Host>, door: Arc<Door> },
}

/// How to find a server, again before each connection.
pub(crate) enum Origin {
    Fixed { client: Client, address: Arc<str> },
    Sentinels(Sentinels),
}

/// A server that was found.
pub(crate) struct Found {
    pub(crate) client: Client,
    pub(crate) address: Arc<str>,
    /// Whether it must say of itself that it is a master.
    pub(crate) must_lead: bool,
}

impl Plan {
    /// Reads a target, its files included, without connecting.
    pub(crate) fn read(target: &Target) -> Result<Self, String> {
        let url = Url::parse(&target.url)?;
        let transport = tls::read(&target.tls, url.tls)?;
        let door =
            Arc::new(Door { transport, user: url.user, password: url.password, database: url.database });
        Ok(match url.place {
            url::Place::Server(host) => Self::Server(Box::new(door.origin(&host)?)),
            url::Place::Socket(path) => Self::Server(Box::new(door.socket(&path)?)),
            url::Place::Sentinels { hosts, master } => {
                Self::Server(Box::new(Origin::Sentinels(Sentinels::new(hosts, master, door))))
            }
            url::Place::Cluster(seeds) => Self::Cluster { seeds, door },
        })
    }
}

impl Origin {
    /// What to call the server before it was found.
    pub(crate) fn address(&self) -> Arc<str> {
        match self {
            Self::Fixed { address, .. } => Arc::clone(address),
            Self::Sentinels(sentinels) => sentinels.address(),
        }
    }

    /// Where the server is now.
    pub(crate) async fn find(&self) -> Result<Found, Refusal> {
        match self {
            Self::Fixed { client, address } => {
                Ok(Found { client: client.clone(), address: Arc::clone(address), must_lead: false })
            }
            Self::Sentinels(sentinels) => sentinels.find().await,
        }
    }
}

/// How to get into any server of a target. It has no `Debug`, because it holds credentials.
pub(crate) struct Door {
    /// To no host in particular, with TLS or without.
    transport: ConnectionAddr,
    user: Option<String>,
    password: Option<String>,
    database: i64,
}

impl Door {
    /// The server at `host`.
    pub(crate) fn origin(&self, host: &Host) -> Result<Origin, String> {
        let client = self.client(host).map_err(|_| "the host in the Redis URL cannot be used".to_owned())?;
        Ok(Origin::Fixed { client, address: address(host) })
    }

    fn socket(&self, path: &Path) -> Result<Origin, String> {
        let client = connector(ConnectionAddr::Unix(path.to_owned()), self.credentials());
        let client = client.map_err(|_| "the socket in the Redis URL cannot be used".to_owned())?;
        Ok(Origin::Fixed { client, address: path.display().to_string().into() })
    }

    pub(crate) fn client(&self, host: &Host) -> Result<Client, RedisError> {
        connector(self.transport(host), self.credentials())
    }

    /// For a server that knows no users: a sentinel.
    fn anonymous_client(&self, host: &Host) -> Result<Client, RedisError> {
        connector(self.transport(host), RedisConnectionInfo::default())
    }

    fn transport(&self, (host, port): &Host) -> ConnectionAddr {
        match self.transport.clone() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host: host.clone(), port: *port, insecure, tls_params }
            }
            _ => ConnectionAddr::Tcp(host.clone(), *port),
        }
    }

    fn has_tls(&self) -> bool {
        matches!(self.transport, ConnectionAddr::TcpTls { .. })
    }

    fn credentials(&self) -> RedisConnectionInfo {
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

fn connector(addr: ConnectionAddr, credentials: RedisConnectionInfo) -> Result<Client, RedisError> {
    let info = addr.into_connection_info()?;
    let info = info.set_redis_settings(credentials.set_skip_set_lib_name());
    Client::open(info.set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

/// A host as people write it.
pub(crate) fn address((host, port): &Host) -> Arc<str> {
    if host.contains(':') { format!("[{host}]:{port}").into() } else { format!("{host}:{port}").into() }
}
