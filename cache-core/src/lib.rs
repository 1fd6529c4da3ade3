//! The core of Cachery: keys, entries, policy, configuration, the registry and the read path. It
//! knows no backend.
//!
//! Users depend on the facade, `cachery`; this crate is for it and for the tiers. The flow, and so
//! the reading order of the files: a call site (`site`) makes a key and a call of it (`read`). A
//! hit comes from the `memory` of the site's `cache`. A miss reads the [`remote`] tier, if the
//! cache has one, and joins a `flight`, where one caller runs the function and fills.

#![allow(
    clippy::inline_always,
    reason = "a hit is one function; without optimization its parts are compiled once, and not for each call site"
)]

#[doc(hidden)]
pub mod codec;
pub mod key;
#[doc(hidden)]
pub mod observe;
mod park;
pub mod remote;
#[doc(hidden)]
pub mod text_file;

mod batch_items;
mod batch_returns;
mod cache;
mod clock;
mod config;
mod constant_ttl;
mod deciding;
mod ending;
mod entry;
mod error;
mod flight;
mod generations;
mod guarded;
mod health;
mod housekeeping;
mod identity;
mod invalidation;
mod made_of;
mod memory;
mod money;
mod over_budget;
mod owned_by_task;
mod policy;
mod read;
mod registry;
mod returns;
mod runtime;
mod scoped;
mod seconds;
mod site;
mod spending;
mod sync;
mod tag;
mod timeline;
mod timeout;
mod value;
mod weigh;
mod wrong_length;

pub use cachery_syntax::{Backend, Budget, Engine, Eviction, Refresh, Window};
pub use clock::{Clock, Moment};
pub use codec::Codec;
pub use config::{
    CacheConfig, CacheSettings, CachesBuilder, Change, EffectiveConfig, Fallback, Overruled,
    Policy, Reload, Setting,
};
#[doc(hidden)]
pub use config::{Preview, reference};
#[doc(hidden)]
pub use ending::Ending;
pub use entry::{EngineNotes, Entry, Facts, OVERHEAD};
pub use error::{Error, Fault, FaultKind};
pub use health::{Breaker, Health, Push, ServerHealth, Status};
pub use identity::{Fingerprint, Identity};
pub use invalidation::Invalidation;
pub use key::{CacheKey, KeyEncoder};
pub use memory::{
    Bounds, DropCause, HeldBytes, Left, MEMORY_BACKENDS, MemoryBackend, MemoryOptions, MemoryTier,
    NoMemory, OnDrop,
};
pub use money::Spent;
pub use observe::{
    BatchStats, Evictions, FreshnessStats, Invalidations as InvalidationCounts, MoneyStats,
    RemoteStats, Stats, UnstorableStats,
};
#[doc(hidden)]
pub use observe::{LoadTimes, metric_list, resources};
pub use over_budget::OverBudget;
pub use read::{Cache, Invalidations, LoadManyOutput, LoadOutput, Served, Tag, Target, Tier};
#[doc(hidden)]
pub use read::{Found, Look, NextCall, State};
pub use registry::{
    CacheHandle, CacheIdentity, CacheReport, Caches, Identities, InstallError, Ledger, Report,
    SiteReport, TagHandle,
};
pub use remote::{Mark, Shutdown, TlsFiles};
pub use spending::BudgetReport;
pub use timeline::{Age, Lifetimes, Timeline};
pub use timeout::Timeout;
pub use value::{CacheValue, LocalValue};
pub use wrong_length::WrongLength;

/// The items that expansions of the attributes name. Not for use by hand: it changes without
/// notice.
#[doc(hidden)]
pub mod __private {
    pub use cachery_syntax::{Backend, Engine, Eviction, Refresh, Window};
    pub use linkme;
    pub use std::{borrow::ToOwned, vec::Vec};

    pub use crate::{
        __call as call, __call_detached as call_detached, __call_now as call_now,
        __refresh as refresh, __refresh_now as refresh_now, __served as served,
        __served_detached as served_detached, __served_now as served_now, __site as site,
        __size_of as size_of,
        batch_items::{BatchItem, ByItem},
        codec::equality::{EqualityOf, NoEquality, Oks},
        constant_ttl::ConstantTtl,
        deciding::{Decide, Decision},
        invalidation::{Invalidation, InvalidationFuture},
        key::{
            CacheKey, Key, KeyEncoder, KeyInPlace, TypeName,
            requirements::{client, declared_key, float, unordered},
            shape,
        },
        owned_by_task::OwnedByTask,
        read::{
            At, Batch, Budgeted, Cache, InDeclared, IsTag, Keyed, Plain, Served, ServedResult,
            Skipped, Tag as DeclaredTag, Tagged, TaggedAt, TaggedPlain, Target, Turn, Value, hit,
            hit_now, invalidate_all, invalidate_all_now, invalidate_many, peek_many, put_many,
            references,
        },
        registry::CacheHandle,
        returns::{IsResult, OwnError, PlainReturn, SharedError, Tag, made},
        site::{SITES, Site},
        tag::{Named, TAGS, TagSite, Tags},
        weigh::{HasSize, HeapBytes, KnownSize, SizeOf, SizeWanted, UnknownSize, Weigh, weighed},
    };
}
