//! Tags: entries that become invalid together, whatever their caches and keys.
//!
//! A tag is declared as a cache is. A call names values of tags ([`Named`]), and its load draws a
//! cell for each of them from [`Cells`] before it begins. The entry keeps the cells ([`TagSet`]), an
//! invalidation ends one, and a reader looks at those of its entry: so the cost is the same for any
//! number of entries.
//!
//! A tag over the result is known when its load is over ([`OfValue`]). So the load draws a stamp in
//! its place, which ends with each value of the tag, and stores nothing where that has ended
//! ([`LoadTags`]).

mod cells;
mod load;
mod named;
mod of_value;
mod set;
mod site;
mod tags;

pub(crate) use cells::Cells;
pub(crate) use load::{FillTags, LoadTags};
pub use named::Named;
pub(crate) use of_value::OfValue;
pub(crate) use set::TagSet;
pub use site::{TAGS, TagSite};
pub(crate) use site::{by_name, named};
pub use tags::Tags;
