//! Certificates for servers with TLS.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// Paths of the PEM files of an authority, of a server's certificate and of a client's.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The authority's certificate.
    pub authority: PathBuf,
    /// The server's certificate.
    pub server: PathBuf,
    /// The server's private key.
    pub server_key: PathBuf,
    /// A client's certificate.
    pub client: PathBuf,
    /// That client's private key.
    pub client_key: PathBuf,
    /// A certificate that is signed by itself and names no host, as `openssl req -x509` makes one.
    pub own: PathBuf,
    /// Its private key.
    pub own_key: PathBuf,
}

impl Certificates {
    /// The paths in the directory `home`.
    pub(crate) fn of(home: &Path) -> Self {
        let file = |name| home.join(name);
        Self {
            authority: file("ca.pem"),
            server: file("server.pem"),
            server_key: file("server.key"),
            client: file("client.pem"),
            client_key: file("client.key"),
            own: file("own.pem"),
            own_key: file("own.key"),
        }
    }

    /// Writes a new authority and the certificates that it signs.
    pub(crate) fn write(&self) {
        // Not the name that rcgen gives to all: a certificate would look signed by itself.
        let authority = self_signed("authority");
        let own = self_signed("own");
        write(&self.own, &own.pem());
        write(&self.own_key, &own.key().serialize_pem());
        write(&self.authority, &authority.pem());
        for (certificate, its_key) in
            [(&self.server, &self.server_key), (&self.client, &self.client_key)]
        {
            let key = key();
            let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
            let params = CertificateParams::new(names).expect("both are names of hosts");
            let signed = params.signed_by(&key, &authority).expect("the parameters are right");
            write(certificate, &signed.pem());
            write(its_key, &key.serialize_pem());
        }
    }
}

fn self_signed(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, key()).expect("the parameters are right")
}

fn key() -> KeyPair {
    KeyPair::generate().expect("there is randomness")
}

fn write(file: &Path, pem: &str) {
    fs::write(file, pem).expect("the directory can be written to");
}
