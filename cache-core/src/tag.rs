//! Tags: entries that become invalid together, whatever their caches and keys.
//!
//! A tag is declared as a cache is. A call names values of tags ([`Named`]), and its load draws a
//! cell for each of them from [`Cells`] before it begins. The entry keeps the cells ([`TagSet`]), an
//! invalidation ends one, and a reader looks at those of its entry: so the cost is the same for any
//! number of entries.

mod cells;
mod named;
mod set;
mod site;

pub(crate) use cells::Cells;
pub use named::Named;
pub(crate) use named::Tags;
pub(crate) use set::TagSet;
pub use site::{TAGS, TagSite};
pub(crate) use site::{by_name, named};
