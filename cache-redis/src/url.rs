//! The URL of a store: one server, a socket, sentinels or a cluster.
//!
//! Errors name the place and the way out. They repeat nothing of the URL but its scheme: anything else may be a password that stands
//! where it should not.

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26_379;

/// A host and its port.
pub(crate) type Host = (String, u16);

/// A URL taken apart. It has no `Debug`, because it holds credentials.
pub(crate) struct Url {
    pub(crate) place: Place,
    pub(crate) tls: bool,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) database: i64,
}

/// Where the store is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Server(Host),
    Socket(PathBuf),
    Sentinels { hosts: Vec<Host>, master: String },
    Cluster(Vec<Host>),
}

const SCHEMES: [&str; 7] =
    ["redis", "rediss", "redis+unix", "redis-sentinel", "rediss-sentinel", "redis-cluster", "rediss-cluster"];

impl Url {
    /// Reads a URL.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = split_scheme(text.trim())?;
        let tls = scheme.starts_with("rediss");
        if scheme == "redis+unix" {
            return socket(rest);
        }
        let (credentials, hosts, path) = split_rest(rest)?;
        let (user, password) = credentials.map_or(Ok((None, None)), read_credentials)?;
        let (place, database) = match scheme {
            "redis" | "rediss" => (Place::Server(single(hosts)?), read_database(path)?),
            "redis-sentinel" | "rediss-sentinel" => sentinels(hosts, path)?,
            _ => (Place::Cluster(read_hosts(hosts, PORT)?), no_database(path)?),
        };
        Ok(Self { place, tls, user, password, database })
    }
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    let usual = "write `redis://localhost:6379`";
    if text.is_empty() {
        return Err(format!("the Redis URL is empty: {usual}"));
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(format!("the Redis URL has no scheme, such as `redis://`: {usual}"));
    };
    match SCHEMES.iter().find(|known| **known == scheme) {
        Some(known) => Ok((known, rest)),
        None => Err(format!("the Redis URL has a scheme that is not known: write `{}://`", nearest(scheme))),
    }
}

fn nearest(scheme: &str) -> &'static str {
    let scheme = scheme.to_ascii_lowercase();
    let distance = |known: &&&str| strsim::damerau_levenshtein(known, &scheme);
    SCHEMES.iter().min_by_key(distance).filter(|known| distance(known) <= 3).unwrap_or(&"redis")
}

/// Credentials, hosts and path of what follows the scheme.
fn split_rest(rest: &str) -> Result<(Option<&str>, &str, &str), String> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if path.contains('@') {
        return Err(
            "the Redis URL has a `/`, `?` or `#` before its `@`: in a password write `%2F`, `%3F`, `%23`"
                .to_owned(),
        );
    }
    if path.contains(['?', '#']) {
        return Err(
            "nothing may follow the database of the Redis URL: take away what begins with `?` or `#`"
                .to_owned(),
        );
    }
    let path = path.trim_matches('/');
    Ok(match authority.rsplit_once('@') {
        Some((credentials, hosts)) => (Some(credentials), hosts, path),
        None => (None, authority, path),
    })
}

type Credentials = (Option<String>, Option<String>);

fn read_credentials(text: &str) -> Result<Credentials, String> {
    let Some((user, password)) = text.split_once(':') else {
        return Err("the Redis URL has a user name without a password before its `@`: write `redis://:password@host` or `redis://user:password@host`".to_owned());
    };
    Ok((filled(decoded(user)?), filled(decoded(password)?)))
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| {
        "a user name, password or path in the Redis URL is not UTF-8 when percent-decoded".to_owned()
    })
}

fn single(hosts: &str) -> Result<Host, String> {
    let mut hosts = read_hosts(hosts, PORT)?;
    match (hosts.pop(), hosts.is_empty()) {
        (Some(host), true) => Ok(host),
        _ => Err("the Redis URL names several hosts: write `redis-cluster://` or `redis-sentinel://` in place of `redis://`".to_owned()),
    }
}

fn read_hosts(text: &str, usual: u16) -> Result<Vec<Host>, String> {
    text.split(',').map(|host| read_host(host.trim(), usual)).collect()
}

/// `host`, `host:port`, `[::1]`, `[::1]:port`
pub(crate) fn read_host(text: &str, usual: u16) -> Result<Host, String> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port != 0),
        None => Some(usual),
    };
    let port = port.ok_or("a port in the Redis URL is no number from 1 to 65535")?;
    if host.is_empty() {
        return Err("the Redis URL lacks a host: write `redis://localhost:6379`".to_owned());
    }
    Ok((host.to_owned(), port))
}

fn read_database(path: &str) -> Result<i64, String> {
    let number = if path.is_empty() { Some(0) } else { path.parse().ok().filter(|number| *number >= 0) };
    number.ok_or_else(|| {
        "the database after the host of the Redis URL is no number: write `redis://host:6379/0`".to_owned()
    })
}

fn no_database(path: &str) -> Result<i64, String> {
    match read_database(path)? {
        0 => Ok(0),
        _ => Err("a Redis Cluster has database 0 only: take it from the Redis URL".to_owned()),
    }
}

fn sentinels(hosts: &str, path: &str) -> Result<(Place, i64), String> {
    let (master, database) = path.split_once('/').unwrap_or((path, ""));
    let master = decoded(master)?;
    if master.is_empty() {
        return Err("the Redis URL lacks the name by which sentinels know the master: write `redis-sentinel://host1,host2,host3/mymaster`".to_owned());
    }
    Ok((Place::Sentinels { hosts: read_hosts(hosts, SENTINEL_PORT)?, master }, read_database(database)?))
}

/// `/path?db=1&user=name&pass=secret`
fn socket(rest: &str) -> Result<Url, String> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !path.starts_with('/') {
        return Err(
            "a socket in the Redis URL begins with `/`: write `redis+unix:///run/redis.sock`".to_owned()
        );
    }
    let place = Place::Socket(decoded(path)?.into());
    let mut url = Url { place, tls: false, user: None, password: None, database: 0 };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("db", value)) => url.database = read_database(value)?,
            Some(("user", value)) => url.user = filled(decoded(value)?),
            Some(("pass", value)) => url.password = filled(decoded(value)?),
            _ => return Err("after the path of a socket the Redis URL knows `db`, `user` and `pass`: write `redis+unix:///run/redis.sock?db=1`".to_owned()),
        }
    }
    Ok(url)
}
