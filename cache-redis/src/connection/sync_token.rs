//! The token by which reads see the writes before them.

use std::sync::Arc;

use parking_lot::Mutex;

/// The last token that a database with replicas has sent, shared by all requests to it. A replica
/// that gets the token replies once it has what the database had when it sent it. Of replies that
/// come at once the last one stands.
#[derive(Clone, Default)]
pub(super) struct SyncToken(Arc<Mutex<Option<String>>>);

impl SyncToken {
    /// Returns the last one.
    pub(super) fn last(&self) -> Option<String> {
        self.0.lock().clone()
    }

    /// Notes that a reply has this one.
    pub(super) fn received(&self, token: &str) {
        *self.0.lock() = Some(token.to_owned());
    }
}
