//! The registry that a call uses: the scope's, else the one of the process.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use super::{
    open::{ignored, open},
    state::Registry,
};
use crate::{
    clock::Clock,
    config::{Resolved, Sources},
    error::MOST_TOLD,
    flight, housekeeping,
    scoped::{Scoped, Slot},
    site::SITES,
};

/// The registry of the process: installed, or built from the environment at the first call.
static INSTALLED: OnceLock<Arc<Registry>> = OnceLock::new();

thread_local! {
    static SCOPE: Slot<Arc<Registry>> = const { Slot::empty() };
}

/// `true` once the registry of the process was built by a call.
static BUILT_BY_A_CALL: AtomicBool = AtomicBool::new(false);

/// The registry of the scope.
static SCOPED: Scoped<Arc<Registry>> = Scoped::new(&SCOPE);

/// `true` once a scope was entered: a program without scopes does not look for one at each hit.
static SCOPES_IN_USE: AtomicBool = AtomicBool::new(false);

/// Returns the registry that a call made here would use.
pub(super) fn current() -> Arc<Registry> {
    SCOPED.with(Arc::clone).unwrap_or_else(|| Arc::clone(installed()))
}

/// Runs `act` on the registry that a call made here would use. For that of the process, it counts
/// no reference.
#[inline]
pub(super) fn with_current<T>(act: impl FnOnce(&Registry) -> T) -> T {
    let counted;
    let registry: &Registry = if SCOPES_IN_USE.load(Relaxed) {
        // Counted, and not borrowed from the task: `act` may be the user's code, which may enter a
        // scope.
        counted = current();
        &counted
    } else {
        installed()
    };
    // In one place, so that it is inlined.
    act(registry)
}

/// Returns the registry of the process, once there is one, in a program that has no scopes.
#[inline]
pub(super) fn outside_scopes() -> Option<&'static Registry> {
    if SCOPES_IN_USE.load(Relaxed) { None } else { INSTALLED.get().map(|registry| &**registry) }
}

/// Runs `look` on the registry that a call made here would use, and counts no reference. It must not
/// run code of the user's, which could enter a scope. `None` where no registry is built yet.
#[inline]
pub(super) fn glance<T>(look: impl Fn(&Registry) -> T) -> Option<T> {
    SCOPED
        .with(|registry| look(registry))
        .or_else(|| INSTALLED.get().map(|registry| look(registry)))
}

/// Runs `future` with `registry` as the current one.
pub(super) fn scope<F: Future>(
    registry: Arc<Registry>,
    future: F,
) -> impl Future<Output = F::Output> + use<F> {
    SCOPES_IN_USE.store(true, Relaxed);
    SCOPED.scope(registry, flight::carry(future))
}

/// Runs `future` with the registry of the scope around this code, if there is one.
pub(super) fn carried<F>(future: F) -> Pin<Box<dyn Future<Output = ()> + Send>>
where
    F: Future<Output = ()> + Send + 'static,
{
    match SCOPED.with(Arc::clone) {
        Some(registry) => Box::pin(SCOPED.scope(registry, future)),
        None => Box::pin(future),
    }
}

/// Runs `act` with `registry` as the current one.
pub(super) fn sync_scope<T>(registry: Arc<Registry>, act: impl FnOnce() -> T) -> T {
    SCOPES_IN_USE.store(true, Relaxed);
    SCOPED.sync_scope(registry, act)
}

/// Makes `registry` the one of the process; the error returns it, when there is one already.
pub(super) fn install(registry: Arc<Registry>) -> Result<(), Arc<Registry>> {
    INSTALLED.set(registry)?;
    housekeeping::add("the step for metrics", flush_metrics);
    Ok(())
}

#[inline]
fn installed() -> &'static Arc<Registry> {
    INSTALLED.get().unwrap_or_else(|| build())
}

/// Builds the registry that nobody has installed: a wrong setting is logged and left out.
#[cold]
fn build() -> &'static Arc<Registry> {
    let mut is_built_here = false;
    let registry = INSTALLED.get_or_init(|| {
        let sources = Sources::default();
        let resolved = Resolved::of(&sources, &SITES);
        is_built_here = true;
        BUILT_BY_A_CALL.store(true, Relaxed);
        // A call cannot fail as a start can.
        open(sources, resolved.config, Clock::system(), resolved.faults, false)
    });
    // Logged when the registry is there, by the thread that built it: a subscriber may call a
    // cache.
    if is_built_here {
        housekeeping::add("the step for metrics", flush_metrics);
        registry.settings.faults().iter().take(MOST_TOLD).for_each(ignored);
        registry.settings.started.log_notes();
    }
    registry
}

/// Returns a line about a registry that no call has used, while a call has built one for the process.
pub(super) fn note_of_unused(registry: &Registry) -> Option<String> {
    let is_unused = !registry.settings.sources.isolated && registry.open_caches().next().is_none();
    let in_use = INSTALLED.get().filter(|_| is_unused && BUILT_BY_A_CALL.load(Relaxed))?;
    let is_other =
        !std::ptr::eq(Arc::as_ptr(in_use), registry) && in_use.open_caches().next().is_some();
    let note = "no call has used this registry: calls use another one, which the first of them has built from \
                the environment; call `install()` on this one before the first call";
    is_other.then(|| note.to_owned())
}

/// Hands the counters of the process to the `metrics` recorder.
fn flush_metrics() {
    if let Some(registry) = INSTALLED.get() {
        registry.flush_metrics();
    }
}
