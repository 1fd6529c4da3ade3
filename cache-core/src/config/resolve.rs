//! The settings of one registry in effect: all sources are read, checked and merged once.

use cachery_syntax::Backend;

use super::{
    checks::{self, UnknownVariables},
    fields::{CacheSettings, Policy, ProgramPolicy, RemotePolicy, RemoteSettings, Settings},
    merge::{Layers, merge},
    prefix,
    sources::{AllSettings, Sources},
};
use crate::{
    error::Fault,
    remote::{PasswordSource, REMOTE_BACKENDS, RemoteBackend, Target, TlsFiles},
    site::Site,
    tag,
};

/// The settings of one registry in effect.
#[derive(Clone)]
pub(crate) struct Config {
    pub(super) program: ProgramPolicy,
    pub(crate) remote: RemotePolicy,
    /// The policies of the call sites, in their order.
    policies: Box<[Policy]>,
    /// The remote store: `Some` exactly when a cache needs it and it can be used.
    target: Option<Target>,
    /// The settings that were merged, for messages.
    pub(super) layers: Layers,
    /// The path of the file.
    pub(super) file: Option<String>,
    /// The profile in effect.
    pub(crate) profile: Option<String>,
    /// Settings that are ignored or without effect, each in one line.
    pub(crate) notes: Vec<String>,
}

/// The outcome of reading all sources.
pub(crate) struct Resolved {
    pub(crate) config: Config,
    pub(crate) faults: Vec<Fault>,
}

impl Resolved {
    /// Reads, checks and merges `sources` for `sites`. A wrong value is left out and becomes a
    /// fault; when the remote tier cannot be used, which is a fault too, all caches stay in memory.
    pub(crate) fn of(sources: &Sources, sites: &[Site]) -> Self {
        Self::with_backends(sources, sites, &REMOTE_BACKENDS)
    }

    pub(super) fn with_backends(
        sources: &Sources,
        sites: &[Site],
        backends: &[RemoteBackend],
    ) -> Self {
        let caches = names(sites);
        let mut faults = checks::sites(sites, &caches);
        faults.extend(checks::tags(tag::by_name()));
        let AllSettings { layers, variables, foreign, file, profile, profile_note } =
            sources.read(&caches, &mut faults);
        let layers = Layers(layers);
        let program = ProgramPolicy::from(merge(layers.program()));
        let of_profile = RemoteSettings {
            prefix: profile.as_deref().map(prefix::of_profile),
            ..RemoteSettings::UNSET
        };
        let remote = RemotePolicy::from(merge(layers.remote()).or(of_profile));
        file.check_caches(&caches, &program.external, &mut faults);
        let mut notes = checks::foreign_variables(&foreign, &program);
        let unknown = UnknownVariables::find(&variables, &caches, sites, &program, &mut faults);
        faults.extend(checks::certificate(&layers));
        faults.extend(checks::eviction(&layers, sites));
        faults.extend(checks::abilities(&layers, sites));
        let target = checks::remote_target(
            &layers,
            remote.target().map(|target| sources.builder.with_password(target)),
            sites,
            backends,
            sources.isolated,
            &mut faults,
        );
        faults.extend(checks::other_urls(&file, &layers, backends));
        if program.enabled {
            notes.extend(checks::unused_remote(&layers, sites));
            notes.extend(checks::uncounted(&layers, sites));
        }
        let policies =
            sites.iter().map(|site| policy(&layers, &program, target.is_some(), site)).collect();
        notes.extend(unknown.notes());
        notes.extend(profile_note);
        let file = file.name;
        let config = Config { program, remote, policies, target, layers, file, profile, notes };
        Self { config, faults }
    }
}

/// Returns the policy of `site`. Without a remote store its entries stay in memory.
fn policy(layers: &Layers, program: &ProgramPolicy, remote: bool, site: &Site) -> Policy {
    let settings: CacheSettings = merge(&layers.site(site));
    let mut policy = Policy::from(settings);
    policy.enabled &= program.enabled;
    if site.local || !remote {
        policy.backend = Backend::Memory;
    }
    checks::restrict(&mut policy, site);
    policy
}

impl Config {
    /// Returns the remote store: `Some` exactly when a cache needs it and it can be used.
    pub(crate) fn remote_target(&self) -> Option<Target> {
        self.target.clone()
    }

    /// Returns the policy of the call site at `index`.
    pub(crate) fn policy(&self, index: usize) -> &Policy {
        &self.policies[index]
    }

    /// Logs each note.
    pub(crate) fn log_notes(&self) {
        self.notes.iter().for_each(|note| tracing::warn!("{note}"));
    }

    /// Returns the most bytes of all caches together.
    pub(crate) fn max_bytes(&self) -> Option<u64> {
        self.program.max_bytes
    }

    /// Returns the unit of costs.
    pub(crate) fn cost_unit(&self) -> String {
        self.program.cost_unit.clone()
    }

    /// Tells whether anything is cached.
    pub(crate) fn is_enabled(&self) -> bool {
        self.program.enabled
    }

    /// Returns the source that requires the remote store at the start, for messages.
    pub(crate) fn required_by(&self) -> String {
        let source = self.layers.source_of_remote(|settings| settings.required.is_some());
        source.map_or_else(String::new, ToString::to_string)
    }
}

impl RemotePolicy {
    /// Returns the remote store that is set.
    pub(super) fn target(&self) -> Option<Target> {
        let url = self.url.as_ref()?.reveal().to_owned();
        let tls = TlsFiles { ca: self.ca.clone(), cert: self.cert.clone(), key: self.key.clone() };
        let password = self.password_command.clone().map(PasswordSource::Command);
        Some(Target { url, tls, password })
    }
}

/// Returns the names of all caches, sorted, each once.
fn names(sites: &[Site]) -> Vec<&'static str> {
    let mut names: Vec<_> = sites.iter().map(|site| site.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns the policy of `site` by its attribute alone.
#[cfg(test)]
pub(crate) fn policy_of_attribute(site: &Site) -> Policy {
    Policy::from(super::sources::attribute::settings(site).settings)
}
