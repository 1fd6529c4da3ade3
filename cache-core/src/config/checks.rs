//! Checks between settings, variables and call sites. All faults are found at once.

mod abilities;
mod certificate;
mod eviction;
mod foreign_variables;
mod other_urls;
mod remote_target;
mod sites;
mod tags;
mod uncounted;
mod unknown_variables;
mod unused_remote;

pub(super) use abilities::{check as abilities, follows, restrict};
pub(super) use certificate::check as certificate;
pub(super) use eviction::check as eviction;
pub(super) use foreign_variables::check as foreign_variables;
pub(super) use other_urls::check as other_urls;
pub(super) use remote_target::check as remote_target;
pub(super) use sites::check as sites;
pub(super) use tags::check as tags;
pub(super) use uncounted::check as uncounted;
pub(super) use unknown_variables::UnknownVariables;
pub(super) use unused_remote::check as unused_remote;
