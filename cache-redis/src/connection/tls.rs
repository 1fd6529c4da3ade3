//! TLS: trusted roots and the client's certificate.

use cachery_core::{remote::TlsFiles, text_file};
use redis::{Client, ClientTlsConfig, ConnectionAddr, TlsCertificates};

use crate::open_error::OpenError;

/// Reads the files and returns an address without a host: with TLS or without, with own files or
/// the system's roots.
pub(super) fn read(files: &TlsFiles, wanted: bool) -> Result<ConnectionAddr, OpenError> {
    if wanted {
        choose_cryptography();
        read_files(files)
    } else if *files == TlsFiles::default() {
        Ok(ConnectionAddr::Tcp(String::new(), 0))
    } else {
        Err(OpenError::FilesWithoutTls)
    }
}

/// rustls wants one choice for the whole program; an earlier one stands.
fn choose_cryptography() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn read_files(files: &TlsFiles) -> Result<ConnectionAddr, OpenError> {
    let root_cert =
        files.ca.as_deref().map(|path| read_pem("CA", path, "CERTIFICATE")).transpose()?;
    let client_tls = match (files.cert.as_deref(), files.key.as_deref()) {
        (None, None) => None,
        (Some(cert), Some(key)) => Some(ClientTlsConfig {
            client_cert: read_pem("client certificate", cert, "CERTIFICATE")?,
            client_key: read_pem("client key", key, "PRIVATE KEY")?,
        }),
        _ => return Err(OpenError::HalfClientCertificate),
    };
    let certificates = TlsCertificates { client_tls, root_cert };
    let client = Client::build_with_tls("rediss://localhost", certificates);
    let client = client.map_err(|_| OpenError::UnusableFiles)?;
    Ok(client.get_connection_info().addr().clone())
}

fn read_pem(role: &'static str, path: &str, kind: &'static str) -> Result<Vec<u8>, OpenError> {
    let path_text = path.to_owned();
    match text_file::read(path) {
        Ok(text) if text.contains(&format!("{kind}-----")) => Ok(text.into_bytes()),
        Ok(_) => Err(OpenError::NotPem { role, path: path_text, kind }),
        Err(error) => {
            Err(OpenError::UnreadFile { role, path: path_text, cause: error.to_string() })
        }
    }
}
