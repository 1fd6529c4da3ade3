//! State that all servers of a registry share.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{hooks::ServerHooks, reception::Reception};
use crate::slots::SlotOwners;

/// State that all servers of a registry share.
pub(crate) struct Shared {
    pub(crate) hooks: Arc<dyn ServerHooks>,
    /// The prefix of the keys whose changes the servers push.
    pub(crate) watched_prefix: Vec<u8>,
    pub(crate) slots: SlotOwners,
    /// Notified when the topology may have changed.
    pub(crate) topology_changed: Notify,
    pub(crate) reception: Reception,
}

impl Shared {
    pub(crate) fn new(
        hooks: Arc<dyn ServerHooks>,
        watched_prefix: Vec<u8>,
        slots: SlotOwners,
    ) -> Arc<Self> {
        let reception = Reception::new(Arc::clone(&hooks));
        Arc::new(Self { hooks, watched_prefix, slots, topology_changed: Notify::new(), reception })
    }
}
