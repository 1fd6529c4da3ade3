//! TLS: trusted roots and the client's certificate.

use std::sync::Arc;

use cachery_core::{remote::TlsFiles, text_file};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_rustls::TlsConnector;

use super::{any_certificate::AnyCertificate, own_roots::OwnRoots, url::Security};
use crate::open_error::OpenError;

/// Reads the files. Returns `None` where TLS is not wanted.
pub(super) fn read(
    files: &TlsFiles,
    security: Security,
) -> Result<Option<TlsConnector>, OpenError> {
    let is_verified = match security {
        Security::Open if *files == TlsFiles::default() => return Ok(None),
        Security::Open => return Err(OpenError::FilesWithoutTls),
        Security::Unverified if files.ca.is_some() => return Err(OpenError::InsecureWithRoots),
        Security::Unverified => false,
        Security::Verified => true,
    };
    let config = read_files(files, is_verified)?;
    Ok(Some(TlsConnector::from(Arc::new(config))))
}

fn read_files(files: &TlsFiles, is_verified: bool) -> Result<ClientConfig, OpenError> {
    // The cryptography of this configuration alone: to choose that of the process is up to the
    // program.
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
    let builder = match files.ca.as_deref() {
        _ if !is_verified => {
            let verifier = AnyCertificate(provider);
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
        Some(path) => {
            let verifier = own_roots(path, provider)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
        None => builder.with_root_certificates(system_roots()),
    };
    match (files.cert.as_deref(), files.key.as_deref()) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(cert), Some(key)) => {
            let chain = read_certificates("client certificate", cert)?;
            let key = PrivateKeyDer::from_pem_slice(&read_pem("client key", key, "PRIVATE KEY")?);
            let key = key.map_err(unusable)?;
            builder.with_client_auth_cert(chain, key).map_err(unusable)
        }
        _ => Err(OpenError::HalfClientCertificate),
    }
}

fn own_roots(path: &str, provider: Arc<CryptoProvider>) -> Result<OwnRoots, OpenError> {
    let certificates = read_certificates("CA", path)?;
    OwnRoots::new(certificates, provider).map_err(unusable)
}

/// Returns the roots of the system. One that cannot be read is left out: others may do.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn read_certificates(
    role: &'static str,
    path: &str,
) -> Result<Vec<CertificateDer<'static>>, OpenError> {
    let text = read_pem(role, path, "CERTIFICATE")?;
    CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(unusable)
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

/// The cause is left out, because it may quote the file.
fn unusable<E>(_: E) -> OpenError {
    OpenError::UnusableFiles
}
