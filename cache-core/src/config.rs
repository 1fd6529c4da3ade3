//! Settings from outside: fields, sources, merge, checks.
//!
//! Settings win in this order, from the weakest: built-in defaults, values for all caches, the
//! attribute, values for one cache; within each, the file, its profile, the variables and then the
//! builder.
//!
//! - [`fields`] describes each setting once.
//! - [`sources`] reads the builder, the variables, the file and the attributes.
//! - [`merge`] lays them over one another.
//! - [`checks`] compares them with the call sites.
//! - [`reserved`] knows the names that later versions may read.
//! - [`resolve`] does all of it once for a registry, and holds the outcome.
//! - [`effective`] and [`change`] show it, [`preview`] without call sites; [`reference`] writes the documentation.

mod builder;
mod change;
mod checks;
mod effective;
mod fields;
mod layer;
mod merge;
mod prefix;
mod preview;
#[doc(hidden)]
pub mod reference;
mod reserved;
mod resolve;
mod settings;
mod source;
mod sources;

pub use builder::CachesBuilder;
pub use change::{Change, Reload};
pub use effective::{CacheConfig, EffectiveConfig, Overruled, Setting};
pub(crate) use fields::Secret;
pub use fields::{CacheSettings, Fallback, Policy};
#[doc(hidden)]
pub use preview::Preview;
#[cfg(test)]
pub(crate) use resolve::policy_of_attribute;
pub(crate) use resolve::{Config, Resolved};
pub(crate) use sources::Sources;

#[cfg(test)]
mod tests;
