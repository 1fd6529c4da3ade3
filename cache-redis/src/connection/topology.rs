//! The topology that a target asks for: one server or a cluster.

use std::sync::Arc;

use cachery_core::remote::Target;

use super::{
    credentials::{Access, Credentials},
    endpoint::{Endpoint, Place},
    host::Host,
    sentinels::Sentinels,
    tls,
    url::{Location, Security, Url},
};
use crate::open_error::OpenError;

/// The topology that a target asks for, with the credentials of its servers.
pub(crate) struct Topology {
    pub(crate) location: Location,
    pub(crate) credentials: Credentials,
    /// True when TLS takes any certificate.
    pub(crate) is_unverified: bool,
}

/// The way to the servers at a location.
pub(crate) enum Way {
    Server(Box<Endpoint>),
    Cluster { seeds: Vec<Host> },
}

impl Topology {
    /// Reads a target, its files included, without connecting.
    pub(crate) fn read(target: &Target) -> Result<Self, OpenError> {
        let url = Url::parse(&target.url, target.password.is_some())?;
        let tls = tls::read(&target.tls, url.security)?;
        let is_unverified = url.security == Security::Unverified;
        let Url { location, login, sentinel, database, protocol, addresses, .. } = url;
        let access = Access { tls, login, sentinel, source: target.password.clone() };
        let credentials = Credentials::new(access, database, protocol, addresses);
        #[cfg(feature = "upstash")]
        let credentials = match &location {
            Location::Rest(_) => credentials.by_rest(),
            _ => credentials,
        };
        Ok(Self { location, credentials, is_unverified })
    }
}

/// Returns the way to the servers at `location`.
pub(crate) fn way_to(location: &Location, credentials: &Arc<Credentials>) -> Way {
    let place = match location.clone() {
        Location::Server(host) | Location::Rest(host) => Place::Host(host),
        Location::Socket(path) => Place::Socket(path),
        Location::Sentinels { hosts, master } => Place::Sentinels(Sentinels::new(hosts, master)),
        Location::Cluster(seeds) => return Way::Cluster { seeds },
    };
    Way::Server(Box::new(Endpoint::new(place, Arc::clone(credentials))))
}
