//! The opening of a registry: its settings, its clock and its remote tier.

use std::sync::{Arc, Weak};

use super::{remote, settings::CurrentSettings, state::Registry};
use crate::{
    clock::Clock,
    config::{Config, Resolved, Sources},
    error::{Error, Fault},
    site::SITES,
};

/// Opens the registry of a test: nothing of the process is read.
pub(super) fn isolated() -> Arc<Registry> {
    let sources = Sources { isolated: true, ..Sources::default() };
    let config = Resolved::of(&sources, &SITES).config;
    open(sources, config, Clock::isolated(), Vec::new(), false)
}

/// Opens a registry with the settings of `sources`, and connects if a cache needs the remote tier.
pub(super) async fn build(sources: Sources) -> Result<Arc<Registry>, Error> {
    let clock = if sources.isolated { Clock::isolated() } else { Clock::system() };
    let resolved = Resolved::of(&sources, &SITES);
    Error::check(resolved.faults)?;
    resolved.config.log_notes();
    let required = resolved.config.remote.required;
    let registry = open(sources, resolved.config, clock, Vec::new(), required);
    remote::connect(&registry).await?;
    Ok(registry)
}

/// Opens a registry. `faults` are those of its settings, where it goes on without them; `required`
/// tells whether its start fails without the remote tier.
pub(super) fn open(
    sources: Sources,
    config: Config,
    clock: Clock,
    mut faults: Vec<Fault>,
    required: bool,
) -> Arc<Registry> {
    Arc::new_cyclic(|registry: &Weak<Registry>| {
        let remote = remote::open(&config, required, registry, &mut faults);
        Registry::new(CurrentSettings::new(sources, config, faults), clock, remote)
    })
}
