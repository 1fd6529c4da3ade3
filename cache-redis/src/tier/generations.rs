//! The generations of caches, as this node has seen them last: a guess, which a request carries for
//! the server to compare.

use std::collections::HashMap;

use parking_lot::RwLock;

/// The generation of each cache by its name.
#[derive(Default)]
pub(super) struct Generations(RwLock<HashMap<&'static str, [u8; 16]>>);

impl Generations {
    /// Notes the generation of the cache called `name`.
    pub(super) fn saw(&self, name: &'static str, generation: [u8; 16]) {
        if self.0.read().get(name) != Some(&generation) {
            self.0.write().insert(name, generation);
        }
    }

    /// Returns the last one, if there is one.
    pub(super) fn last(&self, name: &str) -> Option<[u8; 16]> {
        self.0.read().get(name).copied()
    }
}
