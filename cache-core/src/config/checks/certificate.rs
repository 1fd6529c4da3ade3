//! The pair of a client certificate and its key.

use super::super::merge::Layers;
use crate::error::Fault;

const WITHOUT_KEY: &str = "a client certificate needs its private key: give CACHE_REDIS_KEY, or `key` in a \
                           file or `redis_tls`, too";
const WITHOUT_CERTIFICATE: &str = "a private key needs its client certificate: give CACHE_REDIS_CERT, or \
                                   `cert` in a file or `redis_tls`, too";

/// Returns a fault where a client certificate is set without its key, or the key without the
/// certificate.
pub(crate) fn check(layers: &Layers) -> Option<Fault> {
    let cert = layers.source_of_remote(|settings| settings.cert.is_some());
    let key = layers.source_of_remote(|settings| settings.key.is_some());
    match (cert, key) {
        (Some(source), None) => Some(source.refuses("cert", WITHOUT_KEY)),
        (None, Some(source)) => Some(source.refuses("key", WITHOUT_CERTIFICATE)),
        _ => None,
    }
}
