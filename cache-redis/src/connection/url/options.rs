//! The options behind `?` and `#` in a URL.

use redis::ProtocolVersion;

use super::{AddressMap, Kind, Login, Parts, decode, non_empty, read_database};
use crate::open_error::OpenError;

/// The options of a URL. It has no `Debug`, because it holds credentials.
#[derive(Default)]
pub(super) struct Options {
    /// The login of a socket, which has no host before which it could stand.
    pub(super) login: Login,
    pub(super) sentinel: Option<Login>,
    database: Option<i64>,
    pub(super) protocol: Option<ProtocolVersion>,
    pub(super) addresses: AddressMap,
    /// True when TLS takes any certificate.
    pub(super) insecure: bool,
}

impl Options {
    pub(super) fn read(kind: Kind, parts: &Parts<'_>) -> Result<Self, OpenError> {
        let mut options = Self::default();
        match parts.fragment {
            None => {}
            Some("insecure") => options.insecure = true,
            Some(_) => return Err(OpenError::Fragment),
        }
        for pair in parts.query.split('&').filter(|pair| !pair.is_empty()) {
            options.set(kind, pair)?;
        }
        Ok(options)
    }

    fn set(&mut self, kind: Kind, pair: &str) -> Result<(), OpenError> {
        let unknown =
            if kind == Kind::Socket { OpenError::SocketOption } else { OpenError::Option };
        let (name, value) = pair.split_once('=').ok_or_else(|| unknown.clone())?;
        match (name, kind) {
            ("db", _) => self.database = Some(read_database(value)?),
            ("protocol", _) => self.protocol = Some(read_protocol(value)?),
            ("user" | "username", Kind::Socket) => self.login.user = non_empty(decode(value)?),
            ("pass" | "password", Kind::Socket) => self.login.password = non_empty(decode(value)?),
            ("sentinel_user", Kind::Sentinels) => {
                self.sentinel.get_or_insert_default().user = non_empty(decode(value)?);
            }
            ("sentinel_password", Kind::Sentinels) => {
                self.sentinel.get_or_insert_default().password = non_empty(decode(value)?);
            }
            ("map", Kind::Sentinels | Kind::Cluster) => self.addresses.add(&decode(value)?)?,
            ("ssl_cert_reqs", _) => return Err(OpenError::PythonTls),
            _ => return Err(unknown),
        }
        Ok(())
    }

    /// Returns the database, of which `path` is the one at the end of the path: 0 where it has
    /// none.
    pub(super) fn database(&self, path: i64) -> Result<i64, OpenError> {
        match (path, self.database) {
            (path, None) => Ok(path),
            (0, Some(database)) => Ok(database),
            (path, Some(database)) if path == database => Ok(path),
            _ => Err(OpenError::TwoDatabases),
        }
    }
}

fn read_protocol(value: &str) -> Result<ProtocolVersion, OpenError> {
    match value {
        "2" | "resp2" => Ok(ProtocolVersion::RESP2),
        "3" | "resp3" => Ok(ProtocolVersion::RESP3),
        _ => Err(OpenError::Protocol),
    }
}
