//! Values that nobody loaded.

use super::Miss;
use std::{sync::Arc, time::Instant};

use crate::read::{
    combined::Combined,
    fill::{Filling, Landing, OfLoad, fill},
    remote_part::RemotePart,
};
use crate::{
    cache::{Cache, Outcome, Replaced},
    codec::{Codec, Unstorable},
    deciding::Judgement,
    flight::{Loading, Origin, Permit},
    tag::{LoadTags, OfValue},
};

impl Miss {
    /// Brings a value that nobody loaded to the remote tier; its [`Landing`] stores it in memory.
    pub(in crate::read) async fn put(
        mut self,
        judge: impl FnOnce(Option<&OfValue>) -> Judgement,
        encode: impl Fn(Codec, u64) -> Result<Vec<u8>, Unstorable>,
    ) -> Option<Landing> {
        let permit = self.supersede();
        Some(self.begin_put(permit).await?.fill(judge, encode).await)
    }

    /// Gets the permit for a value that nobody loaded, as one of several: without a request, where
    /// there can be one without.
    pub(in crate::read) async fn begin_put_of_many(mut self) -> Option<Putting> {
        let permit = self.supersede();
        let at_once = self.remote.as_mut().and_then(|remote| remote.permit_at_once(&self.cache));
        if at_once.is_none() {
            return self.begin_put(permit).await;
        }
        permit.set_origin(Origin { began: Instant::now(), mark: at_once });
        Some(self.putting(permit))
    }

    /// Asks for the permit for a value that nobody loaded.
    async fn begin_put(mut self, permit: Permit<Outcome>) -> Option<Putting> {
        let permit = self.request_load(permit).await.ok()?;
        Some(self.putting(permit))
    }

    fn putting(self, permit: Permit<Outcome>) -> Putting {
        let Self { cache, remote, drawn, replaced, .. } = self;
        Putting { cache, permit, remote, drawn, replaced }
    }
}

/// The permit to store a value that nobody loaded.
pub(in crate::read) struct Putting {
    cache: Arc<Cache>,
    permit: Permit<Outcome>,
    remote: Option<Box<RemotePart>>,
    drawn: Option<LoadTags>,
    replaced: Option<Box<Replaced>>,
}

impl Putting {
    /// Sends the value together with others.
    pub(in crate::read) fn together(mut self, combined: &Arc<Combined>) -> Self {
        self.remote.iter_mut().for_each(|remote| remote.combine(combined));
        self
    }

    /// Begins to store the value.
    pub(in crate::read) fn fill(
        self,
        judge: impl FnOnce(Option<&OfValue>) -> Judgement,
        encode: impl Fn(Codec, u64) -> Result<Vec<u8>, Unstorable>,
    ) -> Filling {
        let Self { cache, permit, remote, drawn, replaced } = self;
        let of_value = drawn.as_ref().and_then(LoadTags::of_value);
        // The user's code, which may call for this very key.
        let judged = Loading::nested(permit.progress()).scope(|| judge(of_value));
        let decision = cache.priced(judged.decision);
        let returned = judged.tags;
        let of_load = OfLoad { tags: drawn, returned, replaced, ..OfLoad::default() };
        fill(cache, permit, remote, of_load, decision, encode)
    }
}
