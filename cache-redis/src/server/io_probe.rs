//! The question whether a runtime has I/O, put so that nobody hears tokio's panic.
//!
//! tokio has no other reply: whoever registers a stream on a runtime without I/O panics.

use std::{
    cell::Cell,
    panic::{self, catch_unwind},
    sync::Once,
    thread,
};

use tokio::{net::UnixStream, runtime::Handle};

thread_local! {
    /// `true` while this thread asks.
    static ASKS: Cell<bool> = const { Cell::new(false) };
}

/// Tells whether streams can be registered on `runtime`.
///
/// In a program whose panics abort, the question cannot be put: the reply is `true`.
pub(super) fn has_io(runtime: &Handle) -> bool {
    if cfg!(panic = "abort") {
        return true;
    }
    // Within a panic another one would end the process, and the hook cannot be changed.
    if thread::panicking() {
        return false;
    }
    pass_over_ours();
    ASKS.set(true);
    let registered = catch_unwind(|| {
        let _entered = runtime.enter();
        drop(UnixStream::pair());
    });
    ASKS.set(false);
    registered.is_ok()
}

/// Puts a hook before that of the process, once: it passes on every panic but those of a thread
/// that asks.
fn pass_over_ours() {
    static PUT: Once = Once::new();
    PUT.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !ASKS.get() {
                earlier(panic);
            }
        }));
    });
}
