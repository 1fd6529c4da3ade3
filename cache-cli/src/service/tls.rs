//! TLS to a service, with the roots that the system trusts.

use std::sync::Arc;

use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// Returns the configuration. The cryptography is named here, so that none of the process is asked
/// for.
pub(super) fn config() -> Result<TlsConfig, String> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        return Err("this system has no root certificates for https: install ca-certificates, or \
                    use http on a network that you trust"
            .to_owned());
    }
    let roots = found.certs.iter().map(|root| Certificate::from_der(root).to_owned());
    let cryptography = Arc::new(rustls::crypto::ring::default_provider());
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::from(roots))
        .unversioned_rustls_crypto_provider(cryptography)
        .build())
}
