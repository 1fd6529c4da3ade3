//! An authority, a certificate of a server and one of a client, as PEM files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// Where the files are.
#[derive(Clone, Debug)]
pub(crate) struct Certificates {
    pub(crate) authority: PathBuf,
    pub(crate) server: PathBuf,
    pub(crate) server_key: PathBuf,
    pub(crate) client: PathBuf,
    pub(crate) client_key: PathBuf,
}

impl Certificates {
    /// What [`write`](Self::write) writes there.
    pub(super) fn of(home: &Path) -> Self {
        let [authority, server, server_key, client, client_key] =
            ["ca.pem", "server.pem", "server.key", "client.pem", "client.key"].map(|name| home.join(name));
        Self { authority, server, server_key, client, client_key }
    }

    /// A new authority, and what it signs.
    pub(super) fn write(&self) {
        let mut params = CertificateParams::default();
        // Not the name that rcgen gives to all: a certificate would look signed by itself.
        params.distinguished_name.push(DnType::CommonName, "authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, key()).expect("the parameters are right");
        write(&self.authority, &authority.pem());
        for (certificate, its_key) in [(&self.server, &self.server_key), (&self.client, &self.client_key)] {
            let key = key();
            let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
            let params = CertificateParams::new(names).expect("both are names of hosts");
            let signed = params.signed_by(&key, &authority).expect("the parameters are right");
            write(certificate, &signed.pem());
            write(its_key, &key.serialize_pem());
        }
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("there is randomness")
}

fn write(file: &Path, pem: &str) {
    fs::write(file, pem).expect("the directory is ours");
}
