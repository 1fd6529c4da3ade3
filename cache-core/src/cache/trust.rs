//! The trust in entries in memory while other nodes' invalidations may not arrive.

use super::Cache;
use crate::{clock::Moment, ending::Ending, remote::Digest};

impl Cache {
    /// Limits the trust in memory to the outage ttl: the node is cut off. Said again, it changes
    /// nothing.
    pub(crate) fn cut_off(&self) {
        if let Some(shared) = &self.shared
            && shared.is_trusted_forever()
        {
            shared.trust_until(self.clock.now() + shared.remote.outage_ttl);
        }
    }

    /// Drops all entries in memory and all values that are being read: none can be trusted.
    pub(crate) fn distrust(&self) {
        if let Some(shared) = &self.shared {
            self.drop_all();
            shared.trust_until(Moment::NEVER);
            // Once more: a cut-off in between is overwritten, and so the entries kept before it
            // must go. Entries that come after it have an end of their own.
            self.drop_all();
        }
    }

    /// Drops the entries that memory held when the node was cut off: the outage ttl is over.
    /// Entries that came later have an end of their own.
    #[cold]
    pub(super) fn end_trust(&self) {
        self.distrust();
    }

    /// Ends the trust in all entries, if the time is over for which they may be read.
    #[inline]
    pub(super) fn end_trust_if_over(&self) {
        if let Some(shared) = &self.shared
            && !shared.is_trusted_forever()
            && !shared.is_trusted(self.clock.now())
        {
            self.end_trust();
        }
    }

    /// Ends the value of the key with this digest, as another node has.
    pub(crate) fn invalidated_elsewhere(&self, digest: &Digest, ending: Ending) {
        self.generations.end(self.generations.group(digest), ending);
        self.counters.invalidated_elsewhere.add(1);
    }
}
