//! The registry: all caches of a program, or of one test.
//!
//! [`caches`] is the public type. Its parts: [`state`] holds the caches, [`current`] tells which
//! registry a call uses, [`open`] builds one, [`reload`] changes its settings, [`remote`] is its
//! share in the remote tier, [`tags`] invalidates values of tags, [`handle`], [`report`], [`identities`] and [`health`] show it.

mod caches;
mod current;
mod handle;
mod health;
mod identities;
mod ledger;
mod open;
mod reload;
mod remote;
mod report;
mod settings;
mod state;
mod tags;

pub use caches::{Caches, InstallError};
pub use handle::CacheHandle;
pub use identities::{CacheIdentity, Identities};
pub use ledger::Ledger;
pub use report::{CacheReport, Report, SiteReport};
pub use tags::TagHandle;
