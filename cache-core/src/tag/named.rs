//! The tags that a call names.

use std::borrow::Cow;

use super::site::TagSite;
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

/// The tags that a call names, in the order of its attribute.
pub(crate) type Tags = Box<[Named]>;

impl Named {
    /// Returns the value of the tag as registries and tiers know it.
    pub(crate) fn tag_key(&self, digester: &Digester) -> TagKey {
        TagKey { name: Cow::Borrowed(self.site.name), digest: digester.of(&self.key) }
    }
}
