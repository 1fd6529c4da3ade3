//! The tags of one load: those before it, and those of its value.

use std::sync::Arc;

use super::{cells::Cells, named::Named, of_value::OfValue, set::TagSet};
use crate::remote::TagKey;

/// The tags of a load, as they were before it began.
#[derive(Clone)]
pub(crate) struct LoadTags {
    before: Arc<TagSet>,
    of_value: Option<OfValue>,
}

/// The tags of a load that has returned a value.
pub(crate) struct FillTags {
    before: Arc<TagSet>,
    /// Those of the entry.
    of_entry: Option<Arc<TagSet>>,
    /// Those that the value says itself.
    returned: Vec<TagKey>,
}

impl LoadTags {
    pub(crate) fn new(before: Arc<TagSet>, of_value: Option<OfValue>) -> Self {
        Self { before, of_value }
    }

    /// Returns the tags with the stamps, as they were before the load.
    pub(crate) fn before(&self) -> &Arc<TagSet> {
        &self.before
    }

    /// Returns the function that reads tags from the value.
    pub(crate) fn of_value(&self) -> Option<&OfValue> {
        self.of_value.as_ref()
    }

    /// Returns the tags of an entry without a value that says some.
    pub(crate) fn without_value(&self) -> Option<Arc<TagSet>> {
        TagSet::of_entry(&self.before, None)
    }

    /// Adds those that the value says itself.
    pub(crate) fn returned(self, cells: &Cells, named: &[Named]) -> FillTags {
        let Self { before, .. } = self;
        let returned: Vec<_> = named.iter().map(|named| cells.key(named).over_result()).collect();
        // From here on an invalidation is seen in the cells. One that came before has ended a stamp,
        // at which `FillTags::stand` looks later.
        let drawn = (!returned.is_empty()).then(|| cells.draw(&returned));
        let of_entry = TagSet::of_entry(&before, drawn.as_deref());
        FillTags { before, of_entry, returned }
    }
}

impl FillTags {
    /// Tells whether the value may be stored: none of its tags was invalidated since its load began.
    /// For those that it says itself, none of their declarations had an invalidation or an expiry.
    pub(crate) fn stand(&self) -> bool {
        self.before.is_valid() && (self.returned.is_empty() || self.before.stamps_stand())
    }

    /// Returns those of the entry.
    pub(crate) fn of_entry(&self) -> Option<Arc<TagSet>> {
        self.of_entry.clone()
    }

    /// Returns those that the value says itself.
    pub(crate) fn of_value(&self) -> &[TagKey] {
        &self.returned
    }
}
