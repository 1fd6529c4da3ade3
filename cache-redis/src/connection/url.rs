//! The URL of a store: one server, a socket, sentinels or a cluster.

mod options;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use redis::ProtocolVersion;

use self::options::Options;
use super::{address_map::AddressMap, host::Host};
use crate::open_error::OpenError;

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26_379;
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

/// A URL taken apart. It has no `Debug`, because it holds credentials.
pub(crate) struct Url {
    pub(crate) location: Location,
    pub(crate) security: Security,
    pub(crate) login: Login,
    /// The login for sentinels; `None` where that of the servers may be theirs, too.
    pub(crate) sentinel: Option<Login>,
    pub(crate) database: i64,
    /// `None` for the newest that the server speaks.
    pub(crate) protocol: Option<ProtocolVersion>,
    /// The addresses at which servers are reached, where they name others.
    pub(crate) addresses: AddressMap,
}

/// The place of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Server(Host),
    Socket(PathBuf),
    Sentinels {
        hosts: Vec<Host>,
        master: String,
    },
    Cluster(Vec<Host>),
    /// One server by the REST API of Upstash.
    Rest(Host),
}

/// The protection of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    /// No TLS.
    Open,
    /// TLS with any certificate: nobody knows who is at the other end.
    Unverified,
    /// TLS with a certificate that is trusted.
    Verified,
}

/// A user name and a password, each of which may be absent. It has no `Debug`, because it holds a
/// password.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
}

/// The schemes, with true for those that stand for TLS.
const SCHEMES: [(&str, Kind, bool); 13] = [
    ("redis", Kind::Server, false),
    ("rediss", Kind::Server, true),
    ("valkey", Kind::Server, false),
    ("valkeys", Kind::Server, true),
    ("redis+unix", Kind::Socket, false),
    ("valkey+unix", Kind::Socket, false),
    ("unix", Kind::Socket, false),
    ("redis-sentinel", Kind::Sentinels, false),
    ("rediss-sentinel", Kind::Sentinels, true),
    ("redis-cluster", Kind::Cluster, false),
    ("rediss-cluster", Kind::Cluster, true),
    ("http", Kind::Rest, false),
    ("https", Kind::Rest, true),
];

/// The kind of a store, which a scheme names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Server,
    Socket,
    Sentinels,
    Cluster,
    Rest,
}

impl Url {
    /// Reads a URL. `has_source` tells whether the password comes from elsewhere, so that a user
    /// name may stand alone.
    pub(crate) fn parse(text: &str, has_source: bool) -> Result<Self, OpenError> {
        let (kind, tls, rest) = split_scheme(text.trim())?;
        if kind == Kind::Rest && !cfg!(feature = "upstash") {
            return Err(if tls { OpenError::Https } else { OpenError::Http("redis") });
        }
        let parts = Parts::split(rest)?;
        let mut options = Options::read(kind, &parts)?;
        let (location, database) = match kind {
            Kind::Server => {
                (Location::Server(read_single_host(parts.hosts, PORT)?), read_database(parts.path)?)
            }
            Kind::Socket => (Location::Socket(read_socket(&parts)?), 0),
            Kind::Sentinels => read_sentinels(&parts)?,
            Kind::Cluster => {
                (Location::Cluster(read_hosts(parts.hosts, PORT)?), read_database(parts.path)?)
            }
            Kind::Rest => (Location::Rest(read_host_of_rest(&parts, tls)?), 0),
        };
        let database = options.database(database)?;
        if kind == Kind::Cluster && database != 0 {
            return Err(OpenError::ClusterDatabase);
        }
        if kind == Kind::Rest && !has_source && parts.credentials.is_none() {
            return Err(OpenError::NoToken);
        }
        let login = match parts.credentials {
            Some(user) if has_source && !user.contains(':') => {
                Login { user: non_empty(decode(user)?), password: None }
            }
            Some(credentials) => read_credentials(credentials)?,
            None => std::mem::take(&mut options.login),
        };
        let Options { insecure, sentinel, protocol, addresses, .. } = options;
        let security = security(tls, insecure)?;
        Ok(Self { location, security, login, sentinel, database, protocol, addresses })
    }
}

/// A URL after its scheme, in parts.
struct Parts<'a> {
    credentials: Option<&'a str>,
    hosts: &'a str,
    /// Without the `/` around it.
    path: &'a str,
    /// Behind `?`, or empty.
    query: &'a str,
    /// Behind `#`, if there is one.
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn split(rest: &'a str) -> Result<Self, OpenError> {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, after) = rest.split_at(end);
        if !authority.is_empty() && after.contains('@') {
            return Err(OpenError::UnescapedPassword);
        }
        let (after, fragment) = match after.split_once('#') {
            Some((after, fragment)) => (after, Some(fragment)),
            None => (after, None),
        };
        let (path, query) = after.split_once('?').unwrap_or((after, ""));
        let (credentials, hosts) = match authority.rsplit_once('@') {
            Some((credentials, hosts)) => (Some(credentials), hosts),
            None => (None, authority),
        };
        Ok(Self { credentials, hosts, path: path.trim_matches('/'), query, fragment })
    }
}

fn split_scheme(text: &str) -> Result<(Kind, bool, &str), OpenError> {
    if text.is_empty() {
        return Err(OpenError::EmptyUrl);
    }
    if text.starts_with(['"', '\'', '`']) {
        return Err(OpenError::Quoted);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(without_scheme(text));
    };
    match SCHEMES.iter().find(|(known, ..)| *known == scheme) {
        Some((_, kind, tls)) => Ok((*kind, *tls, rest)),
        None if scheme.contains(char::is_whitespace) => Err(OpenError::Command),
        None => Err(OpenError::UnknownScheme(nearest(scheme))),
    }
}

/// Tells what a text without `://` lacks.
fn without_scheme(text: &str) -> OpenError {
    if text.to_ascii_lowercase().contains(",password=") {
        return OpenError::ConnectionString;
    }
    // `redis:6379` is a host, as Compose names it, and its port.
    let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
    let is_port = rest.parse::<u16>().is_ok();
    match SCHEMES.iter().find(|(known, ..)| *known == scheme) {
        Some((known, ..)) if !is_port && !rest.is_empty() => OpenError::NoSlashes(known),
        _ => OpenError::NoScheme,
    }
}

fn nearest(scheme: &str) -> &'static str {
    let scheme = scheme.to_ascii_lowercase();
    let distance = |known: &&str| strsim::damerau_levenshtein(known, &scheme);
    let known = SCHEMES.iter().filter(|(_, kind, _)| *kind != Kind::Rest).map(|(known, ..)| *known);
    known.min_by_key(distance).filter(|known| distance(known) <= 3).unwrap_or("redis")
}

fn security(tls: bool, insecure: bool) -> Result<Security, OpenError> {
    match (tls, insecure) {
        (true, false) => Ok(Security::Verified),
        (true, true) => Ok(Security::Unverified),
        (false, false) => Ok(Security::Open),
        (false, true) => Err(OpenError::InsecureWithoutTls),
    }
}

/// Reads `user:password`, of which each may be empty.
fn read_credentials(text: &str) -> Result<Login, OpenError> {
    let (user, password) = text.split_once(':').ok_or(OpenError::UserWithoutPassword)?;
    Ok(Login { user: non_empty(decode(user)?), password: non_empty(decode(password)?) })
}

fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn decode(text: &str) -> Result<String, OpenError> {
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| OpenError::NotUtf8)
}

fn read_single_host(hosts: &str, default_port: u16) -> Result<Host, OpenError> {
    let mut hosts = read_hosts(hosts, default_port)?;
    match (hosts.pop(), hosts.is_empty()) {
        (Some(host), true) => Ok(host),
        _ => Err(OpenError::SeveralHosts),
    }
}

/// Reads the host of a REST API, around which nothing but credentials may stand.
fn read_host_of_rest(parts: &Parts<'_>, tls: bool) -> Result<Host, OpenError> {
    let host = read_single_host(parts.hosts, if tls { HTTPS_PORT } else { HTTP_PORT })?;
    if host.port == PORT {
        return Err(OpenError::Http(if tls { "rediss" } else { "redis" }));
    }
    if !parts.path.is_empty() || !parts.query.is_empty() {
        return Err(OpenError::RestPath);
    }
    Ok(host)
}

fn read_hosts(text: &str, default_port: u16) -> Result<Vec<Host>, OpenError> {
    text.split(',').map(|host| Host::parse(host.trim(), default_port)).collect()
}

fn read_database(path: &str) -> Result<i64, OpenError> {
    if path.is_empty() {
        return Ok(0);
    }
    path.parse().ok().filter(|number| *number >= 0).ok_or(OpenError::Database)
}

fn read_sentinels(parts: &Parts<'_>) -> Result<(Location, i64), OpenError> {
    let (master, database) = parts.path.split_once('/').unwrap_or((parts.path, ""));
    let master = decode(master)?;
    if master.is_empty() {
        return Err(OpenError::NoMasterName);
    }
    let hosts = read_hosts(parts.hosts, SENTINEL_PORT)?;
    Ok((Location::Sentinels { hosts, master }, read_database(database)?))
}

/// Reads the path of a socket, before which nothing may stand.
fn read_socket(parts: &Parts<'_>) -> Result<PathBuf, OpenError> {
    if !parts.hosts.is_empty() || parts.credentials.is_some() || parts.path.is_empty() {
        return Err(OpenError::SocketPath);
    }
    decode(parts.path).map(|path| PathBuf::from(format!("/{path}")))
}
