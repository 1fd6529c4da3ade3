//! The tags that a value has by what it says itself.

use std::{any::Any, collections::BTreeSet, sync::Arc};

use super::{named::Named, site::TagSite};

/// Returns the tags that a value has by what it says itself. A clone shares the function.
#[derive(Clone)]
pub(crate) struct OfValue {
    /// The names of the tags, each of which has a stamp.
    pub(super) names: Arc<BTreeSet<&'static str>>,
    read: Arc<Read>,
}

/// Returns the tags of a value whose type is hidden.
type Read = dyn Fn(&dyn Any) -> Vec<Named> + Send + Sync;

impl OfValue {
    /// Creates the tags of these declarations, of which `of` returns the values. A value for which
    /// it returns `None` has none.
    pub(crate) fn new<V: 'static, const N: usize>(
        declared: [&'static TagSite; N],
        of: fn(&V) -> Option<[Named; N]>,
    ) -> Self {
        let read = move |value: &dyn Any| {
            value.downcast_ref::<V>().and_then(of).map_or_else(Vec::new, Vec::from)
        };
        let names = declared.map(|site| site.name).into_iter().collect();
        Self { names: Arc::new(names), read: Arc::new(read) }
    }

    /// Returns the tags of `value`. It is the user's code.
    pub(crate) fn named(&self, value: &dyn Any) -> Vec<Named> {
        (self.read)(value)
    }
}
