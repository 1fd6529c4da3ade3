//! The opening of a registry: its settings, its clock and its remote tier.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use super::{remote, settings::CurrentSettings, state::Registry};
use crate::{
    clock::Clock,
    config::{Config, Resolved, Sources},
    error::{Error, Fault, FaultKind},
    site::SITES,
};

/// Opens the registry of a test: nothing of the process is read.
pub(super) fn isolated() -> Arc<Registry> {
    let sources = Sources { isolated: true, ..Sources::default() };
    let Resolved { config, faults } = Resolved::of(&sources, &SITES);
    tell_once(&faults);
    open(sources, config, Clock::isolated(), Vec::new(), false)
}

/// Tells of call sites that claim one identity, once in a process: there is a registry for each
/// test.
fn tell_once(faults: &[Fault]) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    let mut twins =
        faults.iter().filter(|fault| fault.kind == FaultKind::DuplicateIdentity).peekable();
    if twins.peek().is_some() && !TOLD.swap(true, Relaxed) {
        twins.for_each(ignored);
    }
}

/// Logs a fault that does not stop the registry.
pub(super) fn ignored(fault: &Fault) {
    if fault.kind == FaultKind::DuplicateIdentity {
        tracing::error!(
            "{fault} (ignored, and they are kept apart; `Caches::from_env` refuses to start)"
        );
    } else {
        tracing::error!("{fault} (ignored; `Caches::from_env` would have refused to start)");
    }
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
