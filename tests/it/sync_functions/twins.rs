//! The tests of the attributes' rules, once more for functions that are not async.

use std::future::Future;

use cachery::Caches;

/// Runs a test with caches of its own.
fn alone<T>(test: impl FnOnce() -> T) -> T {
    Caches::isolated().sync_scope(test)
}

/// A call of a handle, whose functions are async for both kinds.
trait Now: Future + Sized {
    fn now(self) -> Self::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(self)
    }
}

impl<F: Future> Now for F {}

macro_rules! twins {
    ($($name:ident: $path:literal;)*) => {
        $(mod $name {
            #[allow(unused_imports, reason = "not every file has a use for both")]
            use super::{Now as _, alone};

            cachery_test_twins::without_async!($path);
        })*
    };
}

twins! {
    declared: "tests/it/declared.rs";
    effects: "tests/it/effects.rs";
    key_parts: "tests/it/key_parts.rs";
    keys: "tests/it/keys.rs";
    results: "tests/it/results.rs";
}
