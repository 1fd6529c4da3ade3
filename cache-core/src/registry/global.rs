//! The registry of the process: installed once, or built from the environment at the first call.

use std::{fmt, sync::OnceLock, thread, time::Duration};

use super::Caches;
use crate::{
    clock::Clock,
    config::{Config, Variables},
    site::SITES,
};

static GLOBAL: OnceLock<Caches> = OnceLock::new();

/// How often counters are handed to the `metrics` recorder.
const FLUSH_EVERY: Duration = Duration::from_millis(500);

/// The registry of the process.
#[inline]
pub(super) fn get() -> &'static Caches {
    GLOBAL.get().unwrap_or_else(|| GLOBAL.get_or_init(from_environment))
}

/// The registry that nobody asked for: a wrong setting is logged, and what the attribute says stands.
#[cold]
fn from_environment() -> Caches {
    let (config, faults) = Config::resolve(&SITES, &Variables::of_process(), Config::default());
    for fault in &faults {
        tracing::error!("{fault} (ignored; `Caches::from_env` would have refused to start)");
    }
    start_flushing();
    Caches::assemble(config, Clock::system())
}

/// A thread, not a task: it outlives every runtime and needs none.
fn start_flushing() {
    let flush = || {
        loop {
            thread::sleep(FLUSH_EVERY);
            if let Some(caches) = GLOBAL.get() {
                caches.flush();
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("cachery-metrics".to_owned()).spawn(flush) {
        tracing::warn!(%error, "no thread to report metrics: `Caches::flush_metrics` still does");
    }
}

impl Caches {
    /// Makes this the registry of the process: every call outside a [`scope`](Self::scope) uses it from here on.
    ///
    /// # Errors
    /// When there is one already, installed or built by a call that came before; this one is in the error.
    pub fn install(self) -> Result<(), InstallError> {
        GLOBAL.set(self).map_err(InstallError)?;
        start_flushing();
        Ok(())
    }
}

/// The process has a registry already. Holds the one that was not installed.
#[derive(Debug)]
pub struct InstallError(Caches);

impl InstallError {
    /// The registry that was not installed, for a [`scope`](Caches::scope) perhaps.
    pub fn into_inner(self) -> Caches {
        self.0
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the process has its caches already: install once, and before the first call of a cached function, which \
             builds them from the environment",
        )
    }
}

impl std::error::Error for InstallError {}
