//! The tags of a call's entry: those that the call names, and those that its value says itself.

use std::sync::Arc;

use super::{cells::Cells, named::Named, of_value::OfValue};
use crate::remote::TagKey;

/// The tags of a call's entry, in the order of its attribute.
pub struct Tags {
    named: Box<[Named]>,
    of_value: Option<OfValue>,
}

impl Tags {
    /// Creates the tags that a call names.
    pub(crate) fn named(named: Box<[Named]>) -> Self {
        Self { named, of_value: None }
    }

    /// Adds those that the value says itself.
    pub(crate) fn and_of_value(self, of_value: OfValue) -> Self {
        Self { of_value: Some(of_value), ..self }
    }

    /// Returns the keys of those that the call names and, behind them, the stamps.
    pub(crate) fn keys(&self, cells: &Cells) -> Arc<[TagKey]> {
        let stamps = self.of_value.iter().flat_map(|of_value| of_value.names.iter());
        let stamps = stamps.map(|name| TagKey::stamp(*name));
        self.named.iter().map(|named| cells.key(named)).chain(stamps).collect()
    }

    /// Returns the function that reads tags from the value.
    pub(crate) fn of_value(&self) -> Option<&OfValue> {
        self.of_value.as_ref()
    }
}
