//! The tags that a call names.

use std::sync::Arc;

use super::{cells::Cells, of_value::OfValue, site::TagSite};
use crate::{
    key::Key,
    remote::{Digester, TagKey},
};

/// One value of a tag.
#[derive(Clone, Debug)]
pub struct Named {
    pub(crate) site: &'static TagSite,
    pub(crate) key: Key,
}

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

    /// Returns what tells the tags that the value says itself.
    pub(crate) fn of_value(&self) -> Option<&OfValue> {
        self.of_value.as_ref()
    }
}

impl Named {
    /// Returns the value of the tag as registries and tiers know it.
    pub(crate) fn tag_key(&self, digester: &Digester) -> TagKey {
        TagKey::of(self.site.name, digester.of(&self.key))
    }
}
