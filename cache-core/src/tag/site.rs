//! Declarations of tags: one descriptor for each, known before its first use.

use std::{collections::BTreeMap, panic::Location, sync::LazyLock};

use linkme::distributed_slice;

/// The descriptor of a declared tag.
#[derive(Debug)]
pub struct TagSite {
    pub(crate) name: &'static str,
    /// The type of its values, as written.
    pub(crate) key: &'static str,
    file: &'static str,
    line: u32,
}

/// All tags of this program.
#[distributed_slice]
pub static TAGS: [TagSite];

impl TagSite {
    /// Creates the descriptor of a tag that is declared at the place of this call.
    #[track_caller]
    pub const fn new(name: &'static str, key: &'static str) -> Self {
        let place = Location::caller();
        Self { name, key, file: place.file(), line: place.line() }
    }

    /// Returns file and line: `src/orders.rs:12`.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// Returns all declarations by the names of their tags, in order of name.
pub(crate) fn by_name() -> &'static BTreeMap<&'static str, Vec<&'static TagSite>> {
    static BY_NAME: LazyLock<BTreeMap<&'static str, Vec<&'static TagSite>>> = LazyLock::new(|| {
        let mut tags = BTreeMap::<_, Vec<_>>::new();
        for tag in TAGS {
            tags.entry(tag.name).or_default().push(tag);
        }
        for tags in tags.values_mut() {
            tags.sort_by_key(|tag| (tag.file, tag.line));
        }
        tags
    });
    &BY_NAME
}

/// Returns the declaration of the tag called `name`.
pub(crate) fn named(name: &str) -> Option<&'static TagSite> {
    by_name().get(name)?.first().copied()
}
