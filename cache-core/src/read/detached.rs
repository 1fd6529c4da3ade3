//! Calls of a function whose loads belong to the process: each runs in a task of its own, which
//! outlives the callers who wait for it.
//!
//! Without a tokio runtime there is nobody to run a task, and the caller loads in its own future.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    task::Poll,
};

use tokio::sync::oneshot;
use tracing::Span;

use super::{
    call::Missed,
    keyed::Keyed,
    load::{Load, Panic},
    miss::{Miss, Next, Renewal},
    note::{Note, ServedAs},
};
use crate::{registry::Caches, runtime, tag::Tags};

impl<R, V, E> Missed<R, V, E>
where
    R: Send + 'static,
    V: Send + 'static,
    E: 'static,
{
    /// Returns the value as [`call`](Self::call) does. A load runs in a task, with the future that
    /// `run` makes; a stale value is returned at once, and renewed by a task.
    pub async fn call_detached<F>(self, run: impl FnOnce() -> F) -> R
    where
        F: Future<Output = R> + Send + 'static,
    {
        if !runtime::is_here() {
            return self.call(run).await;
        }
        let (keyed, tags) = self.into_keyed();
        poll_fn(runtime::poll_proceed).await;
        let Some(cache) = keyed.enabled_cache() else { return run().await };
        let miss = keyed.miss(cache).tagged(tags.as_ref());
        keyed.call_by(miss, run).await
    }
}

/// Renews a stale value by a task, unless too many do so already: then a later call tries again.
fn renew<R, V, E, F>(keyed: Keyed<R, V, E>, renewal: Renewal, run: impl FnOnce() -> F)
where
    F: Future<Output = R> + Send + 'static,
    R: Send + 'static,
    V: Send + 'static,
    E: 'static,
{
    let Some(running) = renewal.cache().background.begin() else {
        renewal.cache().counters.background_shed.add(1);
        return;
    };
    let future = run();
    let caller = Span::current();
    runtime::spawn(Caches::carried(async move {
        let renewing = async move {
            match renewal.in_background().await {
                Next::Load(load) => {
                    // What was invalidated meanwhile is not to be renewed.
                    let Ok(load) = load.confirmed() else { return };
                    load.follows(&caller);
                    Missed::loading(keyed, load).call(|| future).await;
                }
                // The value serves on, and nobody asks again for a while.
                Next::Refused(refused) => drop(refused.stand_in()),
                Next::Take(_) | Next::Renew(_) | Next::Bypass => {}
            }
        };
        running.until_closed(|| false, renewing).await;
    }));
}

impl<R, V, E> Keyed<R, V, E>
where
    R: Send + 'static,
    V: Send + 'static,
    E: 'static,
{
    /// Calls the function by `miss`: loads run in tasks.
    async fn call_by<F>(self, miss: Miss, run: impl FnOnce() -> F) -> R
    where
        F: Future<Output = R> + Send + 'static,
    {
        let keyed = self;
        let mut next = miss.softly().seek().await;
        if let Next::Renew(mut renewal) = next {
            let served = renewal.serve().and_then(|entry| keyed.value.take(entry));
            if let Some(value) = served {
                let join = keyed.returns.join;
                renew(keyed, renewal, run);
                return join(Ok(value));
            }
            next = renewal.inline().await;
        }
        match next {
            Next::Take(outcome) => match keyed.take(outcome) {
                Some(result) => (keyed.returns.join)(result),
                None => run().await,
            },
            Next::Load(load) => keyed.in_a_task(load, run()).await,
            Next::Refused(refused) => match keyed.refused(refused) {
                Ok(result) => (keyed.returns.join)(result),
                Err(load) => keyed.in_a_task(load, run()).await,
            },
            Next::Renew(_) | Next::Bypass => run().await,
        }
    }

    /// Calls the function as [`served`](Self::served) does. A load runs in a task.
    pub fn served_detached<F, S>(self, run: impl FnOnce() -> F) -> impl Future<Output = S>
    where
        F: Future<Output = R> + Send + 'static,
        S: ServedAs<V, E>,
    {
        self.served_detached_tagged(None, run)
    }

    /// Calls the function as [`served_detached`](Self::served_detached) does, for an entry with
    /// these tags.
    pub(super) async fn served_detached_tagged<F, S>(
        self,
        tags: Option<Tags>,
        run: impl FnOnce() -> F,
    ) -> S
    where
        F: Future<Output = R> + Send + 'static,
        S: ServedAs<V, E>,
    {
        if !runtime::is_here() {
            return self.served_tagged(tags, run).await;
        }
        poll_fn(runtime::poll_proceed).await;
        if let Some(served) = self.served_hit() {
            return S::served_as(Ok(served));
        }
        let note = Note::begin();
        let split = self.returns.split;
        let returned = match self.enabled_cache() {
            Some(cache) => {
                let miss = self.miss(cache).tagged(tags.as_ref()).noted(&note);
                self.call_by(miss, run).await
            }
            None => run().await,
        };
        S::served_as(split(returned).map(|value| note.read().with(value)))
    }

    /// Runs a load in a task, and waits for what the function returns. The task goes on when the
    /// caller goes away.
    async fn in_a_task<F>(self, load: Box<Load>, future: F) -> R
    where
        F: Future<Output = R> + Send + 'static,
    {
        let (returned, mut caller) = oneshot::channel::<Result<R, Panic>>();
        load.follows(&Span::current());
        let running = load.cache().background.begin_for_a_caller();
        let soft_timeout = load.soft_timeout();
        let value = self.value;
        let join = self.returns.join;
        runtime::spawn(Caches::carried_as_part(async move {
            let loading = caught(Missed::loading(self, load).call(|| future));
            let result = running.until_closed(|| !returned.is_closed(), loading).await;
            drop(running);
            // A caller who is gone needs nothing.
            let _ = result.map(|result| returned.send(result));
        }));
        let ended = match soft_timeout {
            None => caller.await,
            Some(soft_timeout) => match soft_timeout.within(&mut caller).await {
                Ok(ended) => ended,
                Err(entry) => match value.take(entry) {
                    Some(value) => return join(Ok(value)),
                    None => caller.await,
                },
            },
        };
        // A caller who has moved to another runtime has nothing else to return.
        let ended = ended.expect("the tokio runtime that runs the load still runs");
        ended.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Returns the output of `future`, or its panic.
pub(super) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Panic> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}
