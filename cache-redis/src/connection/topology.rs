//! The topology that a target asks for: one server or a cluster.

use std::sync::Arc;

use cachery_core::remote::Target;

use super::{
    credentials::Credentials,
    endpoint::Endpoint,
    host::Host,
    tls,
    url::{Location, Url},
};
use crate::open_error::OpenError;

/// The topology that a target asks for.
pub(crate) enum Topology {
    Server(Box<Endpoint>),
    Cluster { seeds: Vec<Host>, credentials: Arc<Credentials> },
}

impl Topology {
    /// Reads a target, its files included, without connecting.
    pub(crate) fn read(target: &Target) -> Result<Self, OpenError> {
        let url = Url::parse(&target.url)?;
        let tls = tls::read(&target.tls, url.tls)?;
        let Url { user, password, database, .. } = url;
        let credentials = Arc::new(Credentials { tls, user, password, database });
        let endpoint = match url.location {
            Location::Server(host) => Endpoint::server(&credentials, &host),
            Location::Socket(path) => Endpoint::socket(&credentials, &path),
            Location::Sentinels { hosts, master } => {
                Endpoint::sentinels(credentials, hosts, master)
            }
            Location::Cluster(seeds) => return Ok(Self::Cluster { seeds, credentials }),
        };
        Ok(Self::Server(Box::new(endpoint)))
    }
}
