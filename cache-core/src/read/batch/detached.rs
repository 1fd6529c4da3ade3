//! A batch whose loads belong to the process: they run in a task, which outlives the call.

use std::{future::Future, mem, panic::resume_unwind, pin::Pin, sync::Arc};

use tokio::sync::oneshot;

use super::{
    Rules,
    group::{self, Start},
    part::{GroupOutcome, Part},
};
use crate::{
    batch_returns::BatchReturn,
    cache::Cache,
    entry::Entry,
    read::{
        detached::caught,
        keyed::Keyed,
        load::Panic,
        miss::{Next, Renewal},
        together::Together,
    },
    registry::Caches,
    runtime,
};

/// Loads in tasks. `owned` returns the item at a place.
pub(super) struct Detached<'c, R, V, E, I, K, F> {
    cache: &'c Arc<Cache>,
    rules: Rules<E>,
    owned: I,
    key_of: K,
    run: F,
    /// The items whose values serve at once.
    renewals: Vec<(Part<R, V, E>, Renewal)>,
}

impl<'c, R, V, E, I, K, F> Detached<'c, R, V, E, I, K, F> {
    pub(super) fn new(cache: &'c Arc<Cache>, rules: Rules<E>, owned: I, key_of: K, run: F) -> Self {
        Self { cache, rules, owned, key_of, run, renewals: Vec::new() }
    }
}

impl<B, R, V, E, O, I, K, F, G> Start<R, V, E> for Detached<'_, R, V, E, I, K, F>
where
    B: BatchReturn<V, E> + Send + 'static,
    R: 'static,
    V: Send + 'static,
    E: Send + 'static,
    O: Send + Sync + 'static,
    I: Fn(usize) -> O,
    K: Fn(&O) -> B::Key + Clone + Send + Sync + 'static,
    F: Fn(Vec<O>) -> G + Clone + Send + Sync + 'static,
    G: Future<Output = B> + Send + 'static,
    B::Asked: 'static,
{
    type Group = Pin<Box<dyn Future<Output = GroupOutcome<V, E>> + Send>>;

    fn start(&mut self, parts: Vec<Part<R, V, E>>) -> Self::Group {
        let items = parts.iter().map(|part| (self.owned)(part.place)).collect();
        let (key_of, run) = (self.key_of.clone(), self.run.clone());
        let cache = Arc::clone(self.cache);
        in_a_task(self.cache, group::run(cache, self.rules, parts, items, key_of, run))
    }

    fn renew(
        &mut self,
        keyed: &Keyed<R, V, E>,
        place: usize,
        mut renewal: Renewal,
    ) -> Result<Entry, Renewal> {
        let Some(entry) = renewal.serve() else { return Err(renewal) };
        self.renewals.push((Part::new(keyed, self.renewals.len(), place, None), renewal));
        Ok(entry)
    }

    fn renew_all(&mut self) {
        if self.renewals.is_empty() {
            return;
        }
        let renewals = mem::take(&mut self.renewals);
        let Some(running) = self.cache.background.begin() else {
            self.cache.counters.background_shed.add(1);
            return;
        };
        let items = renewals.iter().map(|(part, _)| (self.owned)(part.place)).collect();
        let renewing = renew(
            Arc::clone(self.cache),
            self.rules,
            renewals,
            items,
            self.key_of.clone(),
            self.run.clone(),
        );
        runtime::spawn(Caches::carried(async move {
            running.until_closed(|| false, renewing).await;
        }));
    }
}

/// Renews items together, for nobody's call.
async fn renew<B, R, V, E, O, G>(
    cache: Arc<Cache>,
    rules: Rules<E>,
    renewals: Vec<(Part<R, V, E>, Renewal)>,
    items: Vec<O>,
    key_of: impl Fn(&O) -> B::Key,
    run: impl Fn(Vec<O>) -> G,
) where
    B: BatchReturn<V, E>,
    G: Future<Output = B>,
{
    let mut ways = Together::of(&cache);
    let load = cache.flights.begin_load();
    let mut waiting = Vec::with_capacity(items.len());
    for ((part, renewal), item) in renewals.into_iter().zip(items) {
        waiting.push(Some((part, item)));
        ways.add(Box::pin(renewal.part_of(&load, ways.combined()).in_background()));
    }
    let mut parts = Vec::new();
    let mut owned = Vec::new();
    ways.finish(|number, next| match (next, waiting[number].take()) {
        (Next::Load(load), Some((part, item))) => {
            parts.push(Part { load: Some(load), ..part });
            owned.push(item);
        }
        // The value serves on, and nobody asks again for a while.
        (Next::Refused(refused), _) => drop(refused.stand_in()),
        _ => {}
    })
    .await;
    if !parts.is_empty() {
        group::run::<B, _, _, _, _, _>(cache, rules, parts, owned, key_of, run).await;
    }
}

/// Runs a group in a task, and waits for its outcomes. The task goes on when the caller goes away.
fn in_a_task<V: Send + 'static, E: Send + 'static>(
    cache: &Cache,
    group: impl Future<Output = GroupOutcome<V, E>> + Send + 'static,
) -> Pin<Box<dyn Future<Output = GroupOutcome<V, E>> + Send>> {
    let (returned, caller) = oneshot::channel::<Result<GroupOutcome<V, E>, Panic>>();
    let running = cache.background.begin_for_a_caller();
    runtime::spawn(Caches::carried_as_part(async move {
        let result = running.until_closed(|| !returned.is_closed(), caught(group)).await;
        drop(running);
        // A caller who is gone needs nothing.
        let _ = result.map(|result| returned.send(result));
    }));
    Box::pin(async {
        // A caller who has moved to another runtime has nothing else to return.
        let ended = caller.await.expect("the tokio runtime that runs the load still runs");
        ended.unwrap_or_else(|panic| resume_unwind(panic))
    })
}
