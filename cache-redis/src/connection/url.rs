//! The URL of a store: one server, a socket, sentinels or a cluster.

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use super::host::Host;
use crate::open_error::OpenError;

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26_379;

/// A URL taken apart. It has no `Debug`, because it holds credentials.
pub(crate) struct Url {
    pub(crate) location: Location,
    pub(crate) tls: bool,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) database: i64,
}

/// The place of a store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Server(Host),
    Socket(PathBuf),
    Sentinels { hosts: Vec<Host>, master: String },
    Cluster(Vec<Host>),
}

const SCHEMES: [&str; 7] = [
    "redis",
    "rediss",
    "redis+unix",
    "redis-sentinel",
    "rediss-sentinel",
    "redis-cluster",
    "rediss-cluster",
];

impl Url {
    /// Reads a URL.
    pub(crate) fn parse(text: &str) -> Result<Self, OpenError> {
        let (scheme, rest) = split_scheme(text.trim())?;
        if scheme == "redis+unix" {
            return read_socket(rest);
        }
        let (credentials, hosts, path) = split_rest(rest)?;
        let (user, password) = credentials.map_or(Ok((None, None)), read_credentials)?;
        let (location, database) = match scheme {
            "redis" | "rediss" => {
                (Location::Server(read_single_host(hosts)?), read_database(path)?)
            }
            "redis-sentinel" | "rediss-sentinel" => read_sentinels(hosts, path)?,
            _ => (Location::Cluster(read_hosts(hosts, PORT)?), read_cluster_database(path)?),
        };
        Ok(Self { location, tls: scheme.starts_with("rediss"), user, password, database })
    }
}

fn split_scheme(text: &str) -> Result<(&str, &str), OpenError> {
    if text.is_empty() {
        return Err(OpenError::EmptyUrl);
    }
    let (scheme, rest) = text.split_once("://").ok_or(OpenError::NoScheme)?;
    match SCHEMES.iter().find(|known| **known == scheme) {
        Some(known) => Ok((known, rest)),
        None => Err(OpenError::UnknownScheme(nearest(scheme))),
    }
}

fn nearest(scheme: &str) -> &'static str {
    let scheme = scheme.to_ascii_lowercase();
    let distance = |known: &&&str| strsim::damerau_levenshtein(known, &scheme);
    SCHEMES.iter().min_by_key(distance).filter(|known| distance(known) <= 3).unwrap_or(&"redis")
}

/// Splits the text after the scheme into credentials, hosts and path.
fn split_rest(rest: &str) -> Result<(Option<&str>, &str, &str), OpenError> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if path.contains('@') {
        return Err(OpenError::UnescapedPassword);
    }
    if path.contains(['?', '#']) {
        return Err(OpenError::TextAfterDatabase);
    }
    let path = path.trim_matches('/');
    Ok(match authority.rsplit_once('@') {
        Some((credentials, hosts)) => (Some(credentials), hosts, path),
        None => (None, authority, path),
    })
}

/// Reads `user:password`, of which each may be empty.
fn read_credentials(text: &str) -> Result<(Option<String>, Option<String>), OpenError> {
    let (user, password) = text.split_once(':').ok_or(OpenError::UserWithoutPassword)?;
    Ok((non_empty(decode(user)?), non_empty(decode(password)?)))
}

fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn decode(text: &str) -> Result<String, OpenError> {
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| OpenError::NotUtf8)
}

fn read_single_host(hosts: &str) -> Result<Host, OpenError> {
    let mut hosts = read_hosts(hosts, PORT)?;
    match (hosts.pop(), hosts.is_empty()) {
        (Some(host), true) => Ok(host),
        _ => Err(OpenError::SeveralHosts),
    }
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

fn read_cluster_database(path: &str) -> Result<i64, OpenError> {
    match read_database(path)? {
        0 => Ok(0),
        _ => Err(OpenError::ClusterDatabase),
    }
}

fn read_sentinels(hosts: &str, path: &str) -> Result<(Location, i64), OpenError> {
    let (master, database) = path.split_once('/').unwrap_or((path, ""));
    let master = decode(master)?;
    if master.is_empty() {
        return Err(OpenError::NoMasterName);
    }
    let hosts = read_hosts(hosts, SENTINEL_PORT)?;
    Ok((Location::Sentinels { hosts, master }, read_database(database)?))
}

/// Reads `/path?db=1&user=name&pass=secret`.
fn read_socket(rest: &str) -> Result<Url, OpenError> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !path.starts_with('/') {
        return Err(OpenError::SocketPath);
    }
    let location = Location::Socket(decode(path)?.into());
    let mut url = Url { location, tls: false, user: None, password: None, database: 0 };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("db", value)) => url.database = read_database(value)?,
            Some(("user", value)) => url.user = non_empty(decode(value)?),
            Some(("pass", value)) => url.password = non_empty(decode(value)?),
            _ => return Err(OpenError::SocketOption),
        }
    }
    Ok(url)
}
