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

    /// Polls the function by `poll`: within this load and its span.
    pub(super) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let poll = |cx: &mut Context<'_>| self.loading.scope(|| self.span.in_scope(|| poll(cx)));
        self.permit.progress().poll(cx, poll)
    }

    /// Runs the whole function: within this load and its span.
    pub(super) fn run<T>(&self, load: impl FnOnce() -> T) -> T {
        let (mut load, mut returned) = (Some(load), None);
        let _ = self.poll(&mut Context::from_waker(Waker::noop()), |_| {
            returned = load.take().map(|load| load());
            Poll::Ready(())
        });
        returned.expect("it has run")
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
    /// the error if it can be shared.
    pub(super) fn fail(self, error: Option<AnyError>) {
        let load_time = self.load_time();
        self.cache.counters.load(load_time, true);
        self.permit.fail(error.map(Outcome::Error));
        observe::record_load(self.cache.site.name, load_time, true);
    }

    fn load_time(&self) -> Duration {
        self.cache.clock.precise().since(self.began)
    }
}
