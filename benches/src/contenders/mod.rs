//! The same function, cached by each contender. To add one, implement [`Contender`] in a file of its
//! own and name it in the list, [`contenders`].

mod cached_macros;
mod cachet_calls;
mod foyer_by_hand;
mod hitbox_macro;
mod keys;
mod moka_by_hand;
mod ours;
mod quick_by_hand;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

pub use self::{
    cached_macros::{CachedConcurrent, CachedLocked},
    cachet_calls::Cachet,
    foyer_by_hand::Foyer,
    hitbox_macro::Hitbox,
    moka_by_hand::Moka,
    ours::{Ours, OursOnMoka},
    quick_by_hand::Quick,
};

/// One way to cache the function.
pub trait Contender {
    /// The name in tables, in Markdown.
    const NAME: &'static str;
    /// The name on a command line.
    const WORD: &'static str;

    /// Calls the function. A hit clones a pointer to the value.
    fn shared(tenant: u64, text: &str) -> impl Future<Output = Arc<str>>;

    /// Calls the function whose value a hit copies.
    fn owned(tenant: u64, text: &str) -> impl Future<Output = String>;

    /// Removes what [`shared`](Self::shared) has stored.
    fn remove(tenant: u64, text: &str) -> impl Future<Output = ()>;
}

/// Lists all contenders as objects of a trait that is implemented for each of them. The first is
/// ours.
macro_rules! contenders {
    ($object:ident) => {{
        use $crate::contenders as c;
        let all: [&'static dyn $object; 9] = [
            &c::Ours,
            &c::OursOnMoka,
            &c::CachedConcurrent,
            &c::CachedLocked,
            &c::Hitbox,
            &c::Cachet,
            &c::Quick,
            &c::Foyer,
            &c::Moka,
        ];
        all
    }};
}
pub(crate) use contenders;

/// Room for all keys of all loads.
const CAPACITY: u64 = 2_000_000;
/// The life of a value where a contender knows lives.
const TTL: Duration = Duration::from_secs(3600);

/// The tenant whose values are short texts. Any other stands for the length of a value in bytes.
pub const TENANT: u64 = 7;

static RUNS: AtomicU64 = AtomicU64::new(0);

/// Runs of the function so far.
pub fn runs() -> u64 {
    RUNS.load(Relaxed)
}

/// The function that all contenders cache.
pub fn body(tenant: u64, text: &str) -> String {
    RUNS.fetch_add(1, Relaxed);
    match tenant {
        TENANT => format!("{tenant}: {text}"),
        bytes => "x".repeat(bytes as usize),
    }
}
