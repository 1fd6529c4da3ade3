#![doc = include_str!("../README.md")]

// Linked for the tiers that they announce to the core.
#[cfg(feature = "memory")]
use cachery_memory as _;
#[cfg(feature = "redis")]
use cachery_redis as _;

pub use cachery_core::{
    Backend, Cache, CacheHandle, CacheKey, Caches, Error, Invalidation, Invalidations, OverBudget,
    Served, Tag, TagHandle, Target, Tier, Timeout, WrongLength,
};
pub use cachery_macros::{CacheKey, cache_put, cached, caches, expire, invalidate};

/// Settings: from code, in effect, and the faults in them.
///
/// Code sets [`CacheSettings`](config::CacheSettings) by a
/// [`CachesBuilder`](config::CachesBuilder). A cache's settings in effect are its
/// [`Policy`](config::Policy), and [`EffectiveConfig`](config::EffectiveConfig) shows each of them
/// with its source.
pub mod config {
    pub use cachery_core::{
        Budget, CacheConfig, CacheSettings, CachesBuilder, Change, Codec, EffectiveConfig, Engine,
        Eviction, Fallback, Fault, FaultKind, InstallError, Overruled, Policy, Refresh, Reload,
        Setting, TlsFiles, Window,
    };
}

/// The health of the remote tier, as [`Caches::health`] returns it, and the outcome of
/// [`Caches::shutdown`].
pub mod health {
    pub use cachery_core::{Breaker, Health, Push, ServerHealth, Shutdown, Status, remote::Reason};
}

/// Keys by hand: the encoder for which a [`CacheKey`] is written.
pub mod key {
    pub use cachery_core::KeyEncoder;
}

/// Statistics of caches, as [`Caches::report`] and [`CacheHandle::stats`] return them.
pub mod stats {
    pub use cachery_core::{
        BatchStats, BudgetReport, CacheIdentity, CacheReport, Evictions, Fingerprint,
        FreshnessStats, Identities, InvalidationCounts as Invalidations, Ledger, MoneyStats,
        RemoteStats, Report, SiteReport, Stats, UnstorableStats,
    };
}

/// Time in tests: the clock of a registry, which a test can stop and advance.
pub mod testing {
    pub use cachery_core::{Clock, Moment};
}

/// Bounds for generic code: the values that a cache can keep, and the results of a load.
pub mod value {
    pub use cachery_core::{CacheValue, LoadManyOutput, LoadOutput, LocalValue};
}

#[cfg(feature = "axum")]
#[doc(inline)]
pub use cachery_axum as axum;

#[doc(hidden)]
pub use cachery_core::__private;

/// The pages of the book in `docs/` that have code, so that it is compiled and run.
#[cfg(all(doctest, feature = "axum", feature = "memory"))]
mod book {
    macro_rules! pages {
        ($($page:ident = $text:expr;)+) => { $(#[doc = $text] mod $page {})+ };
    }

    pages! {
        attribute = include_str!("../docs/attribute.md");
        configuration = include_str!("../docs/configuration.md");
        costs = include_str!("../docs/costs.md");
        deploying = include_str!("../docs/deploying.md");
        fence = include_str!("../docs/fence.md");
        freshness = include_str!("../docs/freshness.md");
        migrating = include_str!("../docs/migrating.md");
        batches = include_str!("../docs/batches.md");
        money = include_str!("../docs/money.md");
        operations = include_str!("../docs/operations.md");
        routes = include_str!("../docs/routes.md");
        tags = include_str!("../docs/tags.md");
        testing = include_str!("../docs/testing.md");
        tutorial = include_str!("../docs/tutorial.md");
    }
}
