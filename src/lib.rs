#![doc = include_str!("../README.md")]

// Linked for what it announces to the core.
#[cfg(feature = "memory")]
use cache_memory as _;

pub use cache_core::{
    CacheHandle, CacheKey, CacheReport, CacheSettings, CacheValue, Caches, CachesBuilder, Clock, Error,
    Evictions, Fault, FaultKind, Fingerprint, InstallError, Invalidation, Invalidations, KeyEncoder,
    LocalValue, Moment, Policy, Report, SiteReport, Stats,
};
pub use cache_macros::{CacheKey, cached};

#[doc(hidden)]
pub use cache_core::expansion as __private;
