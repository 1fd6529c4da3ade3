//! The tags of a registry: how values of them are invalidated, and a tag by its name.

use std::{fmt, sync::Arc};

use super::state::Registry;
use crate::{
    ending::Ending,
    invalidation::Invalidation,
    key::Key,
    tag::{self, Named, TagSite},
};

/// One tag of one registry: what [`Caches::tag`](crate::Caches::tag) returns. For operators, who
/// have its name and no types.
///
/// ```
/// use cachery::{Caches, caches, key::KeyEncoder};
///
/// caches! {
///     static TENANT: Tag<u64> = { name: "operated-tenant" };
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let tag = Caches::current().tag("operated-tenant").expect("it is declared");
/// tag.invalidate(&KeyEncoder::new().arg(&7_u64).finish()).await;
/// # }
/// ```
#[derive(Clone)]
pub struct TagHandle {
    registry: Arc<Registry>,
    site: &'static TagSite,
}

impl TagHandle {
    pub(super) fn named(registry: Arc<Registry>, name: &str) -> Option<Self> {
        Some(Self { registry, site: tag::named(name)? })
    }

    /// Returns the name in the declaration.
    ///
    /// ```
    /// # use cachery::Caches;
    /// if let Some(tag) = Caches::current().tag("tenant") {
    ///     assert_eq!(tag.name(), "tenant");
    /// }
    /// ```
    pub fn name(&self) -> &'static str {
        self.site.name
    }

    /// Returns the type of its values, as the declaration has it.
    ///
    /// ```
    /// # use cachery::Caches;
    /// if let Some(tag) = Caches::current().tag("tenant") {
    ///     println!("{}: {}", tag.name(), tag.type_of_values());
    /// }
    /// ```
    pub fn type_of_values(&self) -> &'static str {
        self.site.key
    }

    /// Makes all entries invalid that have the value of this encoding, on all nodes where caches
    /// are shared. The encoding is that of a value of the declared type; another one is a value
    /// that no entry has.
    ///
    /// ```
    /// # use cachery::{Caches, key::KeyEncoder};
    /// # async fn example() {
    /// if let Some(tag) = Caches::current().tag("tenant") {
    ///     tag.invalidate(&KeyEncoder::new().arg(&7_u64).finish()).await;
    /// }
    /// # }
    /// ```
    pub async fn invalidate(&self, value: &Key) -> Invalidation {
        self.end(value, Ending::Invalid).await
    }

    /// Lets all entries expire that have the value of this encoding, as
    /// [`invalidate`](Self::invalidate) invalidates them.
    ///
    /// ```
    /// # use cachery::{Caches, key::KeyEncoder};
    /// # async fn example() {
    /// if let Some(tag) = Caches::current().tag("tenant") {
    ///     tag.expire(&KeyEncoder::new().arg(&7_u64).finish()).await;
    /// }
    /// # }
    /// ```
    pub async fn expire(&self, value: &Key) -> Invalidation {
        self.end(value, Ending::Expired).await
    }

    async fn end(&self, value: &Key, ending: Ending) -> Invalidation {
        end(&self.registry, &[Named { site: self.site, key: value.clone() }], ending).await
    }
}

/// Makes all entries invalid, or expire, that have one of these values of tags: on all nodes, if the
/// program has a remote tier.
///
/// Dropping the future is safe: this process no longer serves the old values, and the request to
/// the remote tier is made in the background.
pub(super) async fn end(registry: &Registry, values: &[Named], ending: Ending) -> Invalidation {
    let keys: Vec<_> = values.iter().map(|value| registry.tags.key(value)).collect();
    let end_all = || {
        for key in &keys {
            registry.tags.end(key, ending);
        }
    };
    end_all();
    let Some(remote) = &registry.remote else { return Invalidation::Local };
    // Once more, also when the caller goes away: a call in between may have read a value from the
    // server before its tag had ended there.
    let _again = scopeguard::guard((), |()| end_all());
    Invalidation::of(remote.tier.invalidate_tags(&keys, ending, remote.deadline).await)
}

impl fmt::Debug for TagHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TagHandle").field("name", &self.name()).finish_non_exhaustive()
    }
}
