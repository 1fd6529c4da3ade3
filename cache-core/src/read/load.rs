//! A load: one run of the user's function, with the permit to fill.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use tracing::Span;

use super::{
    fill::{Filling, fill},
    remote_part::RemotePart,
};
use crate::{
    cache::{Cache, Outcome},
    clock::Moment,
    codec::{Codec, Unstorable},
    flight::{Loading, Permit},
    observe,
    returns::AnyError,
};

/// A load that runs. Dropping it passes the permit to the next caller who waits.
pub(super) struct Load {
    cache: Arc<Cache>,
    permit: Permit<Outcome>,
    remote: Option<Box<RemotePart>>,
    loading: Loading,
    span: Span,
    began: Moment,
}

impl Load {
    /// Begins a load: from here on the function runs for `permit`.
    pub(super) fn begin(
        cache: Arc<Cache>,
        permit: Permit<Outcome>,
        remote: Option<Box<RemotePart>>,
    ) -> Self {
        Self {
            loading: Loading::nested(permit.progress()),
            span: observe::load_span(cache.site.name),
            began: cache.clock.precise(),
            cache,
            permit,
            remote,
        }
    }

    /// Polls the function by `run`: within this load and its span.
    ///
    /// It has no closure within a closure, because a call within the function has these frames
    /// above its own on the stack.
    pub(super) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let polling = self.permit.progress().begin_poll(cx.waker());
        let _within = self.loading.enter();
        let _span = self.span.enter();
        let polled = run(&mut polling.context());
        if polled.is_pending() {
            polling.wait();
        }
        polled
    }

    /// Runs the whole function by `run`: within this load and its span.
    pub(super) fn run<T>(&self, run: &mut dyn FnMut() -> T) -> T {
        let _polling = self.permit.progress().begin_poll(Waker::noop());
        let _within = self.loading.enter();
        let _span = self.span.enter();
        run()
    }

    /// Ends the load of a function that returned a value, which `encode` writes for the remote
    /// tier.
    pub(super) fn fill(
        self,
        encode: impl Fn(Codec, u64) -> Result<Vec<u8>, Unstorable>,
    ) -> Filling {
        let load_time = self.load_time();
        self.cache.counters.load(load_time, false);
        fill(self.cache, self.permit, self.remote, Some(load_time), encode)
    }

    /// Ends the load of a function that returned an error: nothing is stored, and followers get
    /// the error that `share` returns. It is the user's code, and part of the load.
    pub(super) fn fail(self, share: impl FnOnce() -> Option<AnyError>) {
        let load_time = self.load_time();
        self.cache.counters.load(load_time, true);
        let error = self.loading.scope(share);
        self.permit.fail(error.map(Outcome::Error));
        observe::record_load(self.cache.site.name, load_time, true);
    }

    fn load_time(&self) -> Duration {
        self.cache.clock.precise().since(self.began)
    }
}
