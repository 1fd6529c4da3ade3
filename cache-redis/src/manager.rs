//! The thread on which connections are watched, probed and closed: one for all registries, beside
//! all runtimes. Deadlines tick there too, so that they work on any executor and a paused test
//! clock does not stop them.

use std::{
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::OnceLock,
    task::{Poll, ready},
    thread,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle},
    time::{Instant, Sleep},
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

/// Runs `act` within the runtime of the thread, if it was started: connections and timers that
/// `act` asks for are those of the thread.
pub(crate) fn within(act: &mut dyn FnMut()) {
    let started = MANAGER.get().and_then(|started| started.as_ref().ok());
    let _entered = started.filter(|_| !caller_ends()).map(Handle::enter);
    act();
}

/// Tells whether the calling thread ends, and has lost the thread-local value that tokio needs to
/// make timers and connections.
pub(crate) fn caller_ends() -> bool {
    Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}

/// Returns a timer that works on whatever executor polls it.
///
/// # Panics
///
/// In a thread that ends: see [`caller_ends`].
pub(crate) fn timer(duration: Duration) -> Sleep {
    let _entered = handle().enter();
    tokio::time::sleep(duration)
}

/// A caller that is polled so long after its deadline is on a busy runtime, whose other tasks bring
/// it its reply.
const LATE: Duration = Duration::from_millis(3);
/// The time by which a deadline is moved for that: long enough for a turn of the other tasks.
const EXTENSION: Duration = Duration::from_millis(50);
/// So often a deadline is moved for that.
const MOST_EXTENSIONS: u32 = 10;

/// Returns the output of `work`, or `None` when `deadline` comes first. Both are pinned by the
/// caller, because moving them in here would copy them.
///
/// A deadline that a busy runtime has let pass is moved by a little: the reply may be there, and
/// the task that reads it was not polled either.
pub(crate) fn until<T>(
    mut deadline: Pin<&mut Sleep>,
    mut work: Pin<&mut impl Future<Output = T>>,
) -> impl Future<Output = Option<T>> {
    let mut extensions = 0;
    poll_fn(move |cx| {
        loop {
            if let Poll::Ready(value) = work.as_mut().poll(cx) {
                return Poll::Ready(Some(value));
            }
            ready!(deadline.as_mut().poll(cx));
            let now = Instant::now();
            if extensions == MOST_EXTENSIONS || now < deadline.deadline() + LATE {
                return Poll::Ready(None);
            }
            extensions += 1;
            deadline.as_mut().reset(now + EXTENSION);
        }
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
