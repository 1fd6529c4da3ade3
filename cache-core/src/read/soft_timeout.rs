//! The end of a caller's wait for a load that goes on without it.

use std::{future::Future, sync::Arc};

use super::{note::Note, standby::Standby};
use crate::{cache::Cache, clock::Moment, entry::Entry, observe::StaleReason};

/// A value that serves a caller from some moment on, while its load goes on.
pub(super) struct SoftTimeout {
    cache: Arc<Cache>,
    standby: Standby,
    at: Moment,
    note: Note,
    /// `true` where the load is another call's.
    coalesced: bool,
}

impl SoftTimeout {
    pub(super) fn new(cache: Arc<Cache>, standby: Standby, at: Moment) -> Self {
        Self { cache, standby, at, note: Note::default(), coalesced: false }
    }

    /// Lets it write on the call's note what serves the call.
    pub(super) fn noted(self, note: &Note, coalesced: bool) -> Self {
        Self { note: note.clone(), coalesced, ..self }
    }

    /// Returns the output of `load`, or the value where that is not ready in time. A value that was
    /// invalidated meanwhile does not serve: then the wait goes on.
    pub(super) async fn within<T>(
        self,
        mut load: impl Future<Output = T> + Unpin,
    ) -> Result<T, Entry> {
        let left = self.at.since(self.cache.clock.now());
        match self.cache.clock.punctual_timeout(left, &mut load).await {
            Some(output) => Ok(output),
            None if self.standby.stands(&self.cache) => {
                self.cache.stale_served(StaleReason::Timeout);
                let entry = self.standby.entry();
                let now = self.cache.clock.now();
                self.note.serve_without_load(entry, now, self.standby.tier(), self.coalesced);
                Err(entry.clone())
            }
            None => Ok(load.await),
        }
    }
}
