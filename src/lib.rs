#![doc = include_str!("../README.md")]

// Linked for what it announces to the core.
#[cfg(feature = "memory")]
use cachery_memory as _;
#[cfg(feature = "redis")]
use cachery_redis as _;

pub use cachery_core::{
    Backend, Breaker, Cache, CacheConfig, CacheHandle, CacheKey, CacheReport, CacheSettings, CacheValue,
    Caches, CachesBuilder, Change, Clock, Codec, EffectiveConfig, Error, Evictions, Fallback, Fault,
    FaultKind, Fingerprint, Health, InstallError, Invalidation, Invalidations, KeyEncoder, LoadOutput,
    LocalValue, Moment, Overruled, Policy, Push, Reload, RemoteStats, Report, ServerHealth, Setting,
    SiteReport, Stats, Status, TlsFiles,
};
pub use cachery_macros::{CacheKey, cache_put, cached, caches, invalidate};

#[doc(hidden)]
pub use cachery_core::__private;
