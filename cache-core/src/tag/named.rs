//! One value of a tag, as a call names it.

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

impl Named {
    /// Returns the value of the tag as registries and tiers know it.
    pub(crate) fn tag_key(&self, digester: &Digester) -> TagKey {
        TagKey::of(self.site.name, digester.of(&self.key))
    }
}
