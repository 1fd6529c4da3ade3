//! TLS: whom we trust, and who we are.

use cachery_core::{remote::TlsFiles, text_file};
use redis::{Client, ClientTlsConfig, ConnectionAddr, TlsCertificates};

/// How to connect, but for the host: with TLS or without, with own files or the system's roots.
pub(super) fn read(files: &TlsFiles, wanted: bool) -> Result<ConnectionAddr, String> {
    if wanted {
        choose_cryptography();
        own(files)
    } else if *files == TlsFiles::default() {
        Ok(ConnectionAddr::Tcp(String::new(), 0))
    } else {
        Err("certificates are given, but the Redis URL asks for no TLS: write `rediss` in place of `redis`"
            .to_owned())
    }
}

/// rustls wants one choice for the whole program; one that was made already stands.
fn choose_cryptography() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn own(files: &TlsFiles) -> Result<ConnectionAddr, String> {
    let root_cert = files.ca.as_deref().map(|path| pem("CA", path, "CERTIFICATE")).transpose()?;
    let client_tls = match (files.cert.as_deref(), files.key.as_deref()) {
        (None, None) => None,
        (Some(cert), Some(key)) => Some(ClientTlsConfig {
            client_cert: pem("client certificate", cert, "CERTIFICATE")?,
            client_key: pem("client key", key, "PRIVATE KEY")?,
        }),
        _ => {
            return Err(
                "a client certificate for Redis and its key are given together or not at all".to_owned()
            );
        }
    };
    let client = Client::build_with_tls("rediss://localhost", TlsCertificates { client_tls, root_cert });
    let client =
        client.map_err(|_| "a certificate or key for Redis cannot be read: see that the files are PEM")?;
    Ok(client.get_connection_info().addr().clone())
}

fn pem(what: &str, path: &str, kind: &str) -> Result<Vec<u8>, String> {
    let text = text_file::read(path)
        .map_err(|error| format!("the file of the {what} for Redis, `{path}`, cannot be read: {error}"))?;
    if text.contains(&format!("{kind}-----")) {
        Ok(text.into_bytes())
    } else {
        Err(format!("the file of the {what} for Redis, `{path}`, holds no PEM block that ends with `{kind}`"))
    }
}
