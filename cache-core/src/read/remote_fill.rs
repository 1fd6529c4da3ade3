//! The fill of a miss's remote part: encoding a value and bringing it to the remote tier.

use std::time::Instant;

use tracing::warn;

use super::remote_part::{RemotePart, limited, out_of_reach, shared, tier};
use crate::{
    cache::Cache,
    codec::{Codec, Unstorable},
    config::Policy,
    ending::Ending,
    key::StoredKey,
    money::Spent,
    observe,
    remote::{FillKind, Filled, Outgoing, Reason, RemotePermit, TagKey},
    timeline::Lifetimes,
};

/// The treatment of a value by memory, after the remote tier has replied.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Memory does not store it.
    No,
    /// Memory stores it as the remote tier does, which has counted it.
    Too,
    /// Only memory stores it.
    Alone,
}

impl Keep {
    /// Limits lifetimes to the outage ttl where memory may miss an invalidation of other nodes.
    pub(super) fn limit(self, cache: &Cache, lifetimes: Lifetimes) -> Lifetimes {
        match self {
            Self::Alone => cache.in_memory(lifetimes).at_most(shared(cache).remote.outage_ttl),
            Self::Too | Self::No => limited(cache, lifetimes),
        }
    }
}

impl RemotePart {
    /// Returns the encoded value, with the tags that it says itself; `None` when the remote tier cannot keep it, or when it cannot be
    /// sent without a permit.
    pub(super) fn outgoing(
        &self,
        cache: &Cache,
        lifetimes: Lifetimes,
        spent: Spent,
        tags: &[TagKey],
        encode: impl Fn(Codec, u64) -> Result<Vec<u8>, Unstorable>,
    ) -> Option<Outgoing> {
        self.permit.as_ref()?;
        let Policy { codec, max_value_size, .. } = cache.policy.get();
        let tried = || self.encoded(cache, || encode(codec, max_value_size));
        let payload = self.unstored.map_or_else(tried, Err);
        let payload = payload.inspect_err(|reason| unstorable(cache, *reason)).ok()?;
        let written = cache.clock.date();
        Some(Outgoing { payload, codec, lifetimes, written, spent, tags: tags.to_vec() })
    }

    /// Returns the value as `encode` writes it. A value that the tier cannot keep is noted with its
    /// key, so that the next one is not tried at once.
    fn encoded(
        &self,
        cache: &Cache,
        encode: impl Fn() -> Result<Vec<u8>, Unstorable>,
    ) -> Result<Vec<u8>, Unstorable> {
        let encoded = encode();
        shared(cache).unstored.note(&self.key.digest, encoded.as_ref().err(), cache.clock.now());
        encoded
    }

    /// Brings the value to the remote tier; where there is none, gives the permit back. Returns
    /// memory's part in it.
    pub(super) async fn fill(
        mut self: Box<Self>,
        cache: &Cache,
        key: &StoredKey,
        value: Option<Outgoing>,
    ) -> Keep {
        // Also when the fill fails or the caller goes away, memory does not go on with a value that
        // was to be replaced.
        let _forget = (self.kind == FillKind::Replacing)
            .then(|| scopeguard::guard((), |()| cache.remove(key)));
        match self.permit.take() {
            Some(permit) => self.send(cache, permit, value).await,
            None => self.not_stored(cache).await,
        }
    }

    async fn send(&self, cache: &Cache, permit: RemotePermit, value: Option<Outgoing>) -> Keep {
        let is_sent = value.is_some();
        let fill = |left| self.send_value(tier(cache), permit, value, left);
        match self.budget.spend(Instant::now(), fill).await {
            Ok(Filled::Stored) => {
                cache.counters.puts.add(u64::from(is_sent));
                in_tiered(cache, Keep::Too)
            }
            Ok(Filled::Fenced) => {
                cache.counters.fenced.add(1);
                Keep::No
            }
            Ok(Filled::Refused(reason)) => {
                observe::fallback(reason.as_str());
                in_tiered(cache, Keep::Alone)
            }
            Err(reason) => {
                out_of_reach(cache, reason);
                self.not_stored(cache).await
            }
        }
    }

    /// Ends a fill that did not arrive. A value that it was to replace is invalidated, now or as
    /// soon as the remote tier is in reach.
    ///
    /// Memory keeps the value only while this node is cut off, because recovery empties it: else
    /// the value would stay with this node alone when all nodes are up. One that is too slow for
    /// the remote tier has no other place.
    async fn not_stored(&self, cache: &Cache) -> Keep {
        if self.kind == FillKind::Replacing {
            // What cannot be done in the time that is left is queued.
            let keys = std::slice::from_ref(&self.key);
            let _ = tier(cache).invalidate(keys, Ending::Invalid, self.budget.left()).await;
        }
        let is_too_slow = self.refusal == Some(Reason::TooSlow);
        let is_private = is_too_slow || !tier(cache).receives_invalidations();
        if is_private && shared(cache).keeps_in_outage() { Keep::Alone } else { Keep::No }
    }
}

/// Counts a value that the remote tier cannot keep, and tells of the first.
fn unstorable(cache: &Cache, reason: Unstorable) {
    if cache.counters.unstorable(reason) {
        let consequence = if shared(cache).tiered {
            ""
        } else {
            ". Until then its function runs on each call; a `tiered` cache keeps it in memory"
        };
        let cache = cache.site.name;
        let hint = reason.hint();
        warn!(
            cache,
            %reason,
            "a value of the cache `{cache}` is not stored in the remote tier: {hint}{consequence}"
        );
    }
}

fn in_tiered(cache: &Cache, keep: Keep) -> Keep {
    if shared(cache).tiered { keep } else { Keep::No }
}
