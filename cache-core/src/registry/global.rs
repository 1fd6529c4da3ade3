//! The registry of the process: installed once, or built from the environment at the first call.

use std::{fmt, sync::OnceLock};

use super::Caches;
use crate::{
    clock::Clock,
    config::{Origin, Strangers},
    error::MOST_TOLD,
    site::SITES,
};

static GLOBAL: OnceLock<Caches> = OnceLock::new();

/// The registry of the process.
#[inline]
pub(super) fn get() -> &'static Caches {
    GLOBAL.get().unwrap_or_else(|| build())
}

/// The registry that nobody asked for: a wrong setting is logged, and what the attribute says stands.
#[cold]
fn build() -> &'static Caches {
    let mut strangers: Option<Strangers> = None;
    let caches = GLOBAL.get_or_init(|| {
        let origin = Origin::default();
        let resolved = origin.resolve(&SITES);
        strangers = Some(resolved.strangers);
        Caches::assemble(origin, resolved.config, Clock::system(), resolved.faults)
    });
    // Logged when the registry is there, by whoever built it: a subscriber may ask for it.
    if let Some(strangers) = strangers {
        for fault in caches.0.settings.faults().iter().take(MOST_TOLD) {
            tracing::error!("{fault} (ignored; `Caches::from_env` would have refused to start)");
        }
        strangers.warn();
    }
    caches
}

/// The registry of the process, if there is one yet.
pub(super) fn get_if_any() -> Option<&'static Caches> {
    GLOBAL.get()
}

impl Caches {
    /// Makes this the registry of the process: every call outside a [`scope`](Self::scope) uses it from here on.
    ///
    /// # Errors
    /// When there is one already, installed or built by a call that came before; this one is in the error.
    pub fn install(self) -> Result<(), InstallError> {
        GLOBAL.set(self).map_err(InstallError)?;
        Ok(())
    }
}

/// The process has a registry already. Holds the one that was not installed.
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

/// As `Display`: a `main` that returns this error shows it so.
impl fmt::Debug for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for InstallError {}
