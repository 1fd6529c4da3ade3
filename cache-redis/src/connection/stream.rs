//! Streams to servers: by TCP, with TLS or without, and by unix sockets. They are ours, because
//! those of redis-rs choose the cryptography of the whole process.

use std::{io, path::PathBuf, pin::Pin};

use futures_util::future::select_ok;
use redis::aio::AsyncStream;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_rustls::TlsConnector;

use super::host::Host;

/// A stream to a server.
pub(super) type Stream = Pin<Box<dyn AsyncStream + Send + Sync>>;

/// The address of a server, with the way to it.
#[derive(Clone)]
pub(super) enum Address {
    Tcp(Host),
    Tls(Host, TlsConnector),
    Socket(PathBuf),
}

impl Address {
    /// Returns the URI of a path there; a socket has none.
    #[cfg(feature = "upstash")]
    pub(super) fn uri(&self, path: &str) -> Option<hyper::Uri> {
        let (scheme, host) = match self {
            Self::Tcp(host) => ("http", host),
            Self::Tls(host, _) => ("https", host),
            Self::Socket(_) => return None,
        };
        format!("{scheme}://{host}{path}").parse().ok()
    }

    /// Connects on the current runtime.
    pub(super) async fn connect(&self) -> io::Result<Stream> {
        Ok(match self {
            Self::Tcp(host) => Box::pin(connect_tcp(host).await?),
            Self::Tls(host, connector) => {
                let name = ServerName::try_from(host.name.clone()).map_err(io::Error::other)?;
                Box::pin(connector.connect(name, connect_tcp(host).await?).await?)
            }
            Self::Socket(path) => Box::pin(UnixStream::connect(path).await?),
        })
    }
}

/// Connects to the address of the host that answers first. One that nobody answers at, as an
/// address of IPv6 may be, holds up none of the others.
async fn connect_tcp(host: &Host) -> io::Result<TcpStream> {
    let addresses = lookup_host((host.name.as_str(), host.port)).await?;
    let attempts: Vec<_> = addresses.map(|address| Box::pin(TcpStream::connect(address))).collect();
    if attempts.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
    }
    let (stream, _) = select_ok(attempts).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
