//! The thread on which connections are watched, probed and closed: one for all registries, beside
//! all runtimes. Deadlines tick there too, so that they work on any executor and a paused test
//! clock does not stop them.

use std::{
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::OnceLock,
    task::Poll,
    thread,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle},
    time::Sleep,
};

use crate::open_error::OpenError;

static MANAGER: OnceLock<Result<Handle, OpenError>> = OnceLock::new();

/// Starts the thread, once. It runs until the process ends.
pub(crate) fn start() -> Result<(), OpenError> {
    MANAGER.get_or_init(launch).as_ref().map(|_| ()).map_err(Clone::clone)
}

/// Returns the runtime of the thread.
pub(crate) fn handle() -> &'static Handle {
    MANAGER.get_or_init(launch).as_ref().expect("nothing is opened before `start` has succeeded")
}

/// Runs `act` within the runtime of the thread, if it was started: connections and timers that `act`
/// asks for are those of the thread.
pub(crate) fn within(act: &mut dyn FnMut()) {
    let _entered = MANAGER.get().and_then(|started| started.as_ref().ok()).map(Handle::enter);
    act();
}

/// Returns a timer that works on whatever executor polls it.
pub(crate) fn timer(duration: Duration) -> Sleep {
    let _entered = handle().enter();
    tokio::time::sleep(duration)
}

/// Returns the output of `work`, or `None` when `deadline` comes first. Both are pinned by the
/// caller, because moving them in here would copy them.
pub(crate) fn until<T>(
    mut deadline: Pin<&mut Sleep>,
    mut work: Pin<&mut impl Future<Output = T>>,
) -> impl Future<Output = Option<T>> {
    poll_fn(move |cx| match work.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => deadline.as_mut().poll(cx).map(|()| None),
    })
}

fn launch() -> Result<Handle, OpenError> {
    let failed = |error: io::Error| OpenError::Thread(error.to_string());
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let handle = runtime.handle().clone();
    let thread = thread::Builder::new().name("cachery-redis".to_owned());
    thread.spawn(move || runtime.block_on(std::future::pending::<()>())).map_err(failed)?;
    Ok(handle)
}
