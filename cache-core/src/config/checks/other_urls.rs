//! The check of the URLs in the file that are not in effect: those of other profiles.

use super::super::{merge::Layers, sources::Contents};
use crate::{
    error::Fault,
    remote::{PasswordSource, RemoteBackend, Target, TlsFiles},
};

/// Returns a fault for each URL in `file` that would be refused under its profile. The one in effect
/// is checked together with its certificates and its password; those of another profile may be on
/// other machines only.
pub(crate) fn check(file: &Contents, layers: &Layers, backends: &[RemoteBackend]) -> Vec<Fault> {
    let Some(backend) = backends.first() else { return Vec::new() };
    let in_effect = layers.source_of_remote(|settings| settings.url.is_some());
    let others = file.remote().filter(|sourced| Some(&sourced.source) != in_effect);
    let refused = others.filter_map(|sourced| {
        let url = sourced.settings.url.as_ref()?.reveal().to_owned();
        let password = Some(PasswordSource::Command(String::new()));
        let target = Target { url, tls: TlsFiles::default(), password };
        let why = (backend.check)(&target).err()?;
        Some(sourced.source.refuses("url", &why))
    });
    refused.collect()
}
