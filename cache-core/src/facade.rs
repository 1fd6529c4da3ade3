//! The public face of Cachery, as the package `cachery` shows it: the names of every program at the root,
//! the others in a module of their kind.

pub use cachery_syntax::Backend;

pub use crate::{
    error::Error,
    invalidation::Invalidation,
    key::CacheKey,
    read::Cache,
    registry::{CacheHandle, Caches},
};

/// Settings: from code, in effect, and what is wrong with them.
pub mod config {
    pub use crate::{
        codec::Codec,
        config::{
            CacheConfig, CacheSettings, CachesBuilder, Change, EffectiveConfig, Fallback, Overruled, Policy,
            Reload, Setting,
        },
        error::{Fault, FaultKind},
        registry::InstallError,
        remote::TlsFiles,
    };
}

/// The health of the remote tier.
pub mod health {
    pub use crate::health::{Breaker, Health, Push, ServerHealth, Status};
}

/// Keys of your own types, by hand.
pub mod key {
    pub use crate::key::{CacheKey, KeyEncoder};
}

/// Statistics of caches.
pub mod stats {
    pub use crate::{
        identity::Fingerprint,
        observe::{Evictions, Invalidations, RemoteStats, Stats},
        registry::{CacheReport, Report, SiteReport},
    };
}

/// Time in tests.
pub mod testing {
    pub use crate::clock::{Clock, Moment};
}

/// Bounds on the values of caches, for generic code.
pub mod value {
    pub use crate::{
        read::LoadOutput,
        value::{CacheValue, LocalValue},
    };
}
