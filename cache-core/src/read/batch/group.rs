//! The loads of items that one call leads: runs of the function, a bounded number at once.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use super::{
    super::keyed::Keyed,
    Rules,
    part::{GroupOutcome, Part},
    run,
};
use crate::{batch_returns::BatchReturn, cache::Cache, entry::Entry, read::miss::Renewal};

/// The way in which a call loads.
pub(super) trait Start<R, V, E> {
    /// The loads of a group.
    type Group: Future<Output = GroupOutcome<V, E>> + Unpin;

    /// Begins to load items.
    fn start(&mut self, parts: Vec<Part<R, V, E>>) -> Self::Group;

    /// Takes the renewal of an item whose value serves at once, and returns that; or gives the
    /// renewal back, where the call itself is to renew it.
    fn renew(
        &mut self,
        keyed: &Keyed<R, V, E>,
        place: usize,
        renewal: Renewal,
    ) -> Result<Entry, Renewal>;

    /// Begins the renewals that were taken.
    fn renew_all(&mut self);
}

/// Loads in the future of the call.
pub(super) struct Groups<S>(S);

impl<S> Groups<S> {
    pub(super) fn inline(start: S) -> Self {
        Self(start)
    }
}

impl<R, V, E, S, G> Start<R, V, E> for Groups<S>
where
    S: FnMut(Vec<Part<R, V, E>>) -> G,
    G: Future<Output = GroupOutcome<V, E>>,
{
    type Group = Pin<Box<G>>;

    fn start(&mut self, parts: Vec<Part<R, V, E>>) -> Pin<Box<G>> {
        Box::pin((self.0)(parts))
    }

    fn renew(&mut self, _: &Keyed<R, V, E>, _: usize, renewal: Renewal) -> Result<Entry, Renewal> {
        Err(renewal)
    }

    fn renew_all(&mut self) {}
}

/// Loads `parts`, whose items are `items`. After a run that failed as a whole no other begins: the
/// permits of the rest pass on. Between a permit and its run something may have fenced the load off,
/// and another call may load the item: such an item is left out.
pub(super) async fn run<B, R, V, E, O, F>(
    cache: Arc<Cache>,
    rules: Rules<E>,
    parts: Vec<Part<R, V, E>>,
    items: Vec<O>,
    key_of: impl Fn(&O) -> B::Key,
    run: impl Fn(Vec<O>) -> F,
) -> GroupOutcome<V, E>
where
    B: BatchReturn<V, E>,
    F: Future<Output = B>,
{
    let mut waiting: VecDeque<_> = parts.into_iter().zip(items).collect();
    let mut running = Vec::new();
    let mut group = GroupOutcome::default();
    poll_fn(|cx| {
        loop {
            while running.len() < rules.parallel && !waiting.is_empty() {
                let count = rules.max.min(waiting.len());
                let confirmed = |(part, item): (Part<R, V, E>, O)| match part.confirmed() {
                    Ok(part) => Some((part, item)),
                    Err(superseded) => {
                        group.superseded.push(superseded);
                        None
                    }
                };
                let next = waiting.drain(..count).filter_map(confirmed);
                let (parts, items): (Vec<_>, Vec<O>) = next.unzip();
                if parts.is_empty() {
                    continue;
                }
                let asked = B::asked(items.iter().map(&key_of));
                running.push(Box::pin(run::run::<B, _, _, _, _>(
                    Arc::clone(&cache),
                    rules,
                    parts,
                    asked,
                    run(items),
                )));
            }
            let before = running.len();
            running.retain_mut(|one| match one.as_mut().poll(cx) {
                Poll::Ready(GroupOutcome { settled, failure, .. }) => {
                    group.settled.extend(settled);
                    if failure.is_some() {
                        waiting.clear();
                    }
                    group.failure = group.failure.take().or(failure);
                    false
                }
                Poll::Pending => true,
            });
            if running.is_empty() && waiting.is_empty() {
                return Poll::Ready(());
            }
            if running.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    group
}
