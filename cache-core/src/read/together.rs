//! Several keys of one cache on their ways at once, with requests that are sent together.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::combined::{Combined, Sending};
use crate::{cache::Cache, remote::RemoteTier};

/// The way of one key.
pub(super) type Way<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The ways of several keys. Dropping it gives all of them up.
pub(super) struct Together<T> {
    ways: Vec<Option<Way<T>>>,
    combined: Arc<Combined>,
    /// `None` for a cache of this process alone.
    tier: Option<Arc<dyn RemoteTier>>,
    /// The requests on their way.
    sending: Vec<Sending>,
    /// The number of ways that have not ended.
    open: usize,
}

impl<T> Together<T> {
    /// Creates it without any ways.
    pub(super) fn of(cache: &Cache) -> Self {
        let tier = cache.shared.as_ref().map(|shared| Arc::clone(&shared.remote.tier));
        let combined = Arc::default();
        Self { ways: Vec::new(), combined, tier, sending: Vec::new(), open: 0 }
    }

    /// Returns the requests that the ways are to use.
    pub(super) fn combined(&self) -> &Arc<Combined> {
        &self.combined
    }

    /// Adds a way. Ways are polled in the order in which they were added.
    pub(super) fn add(&mut self, way: Way<T>) {
        self.ways.push(Some(way));
        self.open += 1;
    }

    /// Puts a way in the place of one that has ended.
    pub(super) fn replace(&mut self, number: usize, way: Way<T>) {
        self.open += usize::from(self.ways[number].replace(way).is_none());
    }

    /// Tells whether all ways have ended.
    pub(super) fn is_done(&self) -> bool {
        self.open == 0
    }

    /// Tells whether no request is on its way: ways that have not ended wait for others.
    pub(super) fn is_settled(&self) -> bool {
        self.sending.is_empty()
    }

    /// Polls all ways. `ended` takes the number and the output of each that ends, and returns the
    /// way that it goes on with, if it does.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut ended: impl FnMut(usize, T) -> Option<Way<T>>,
    ) {
        loop {
            self.poll_ways(cx, &mut ended);
            let sent = self.send();
            let count = self.sending.len();
            self.sending.retain_mut(|sending| sending.as_mut().poll(cx).is_pending());
            if !sent && self.sending.len() == count {
                return;
            }
        }
    }

    fn poll_ways(
        &mut self,
        cx: &mut Context<'_>,
        ended: &mut impl FnMut(usize, T) -> Option<Way<T>>,
    ) {
        for (number, slot) in self.ways.iter_mut().enumerate() {
            while let Some(way) = slot {
                let Poll::Ready(output) = way.as_mut().poll(cx) else { break };
                *slot = ended(number, output);
                self.open -= usize::from(slot.is_none());
            }
        }
    }

    /// Sends what the ways have asked for. Returns `true` if there was something.
    fn send(&mut self) -> bool {
        let sent = self.tier.as_ref().map(|tier| self.combined.send(tier)).unwrap_or_default();
        let is_sent = !sent.is_empty();
        self.sending.extend(sent);
        is_sent
    }

    /// Waits for all ways. `ended` takes the number and the output of each.
    pub(super) async fn finish(&mut self, mut ended: impl FnMut(usize, T)) {
        std::future::poll_fn(|cx| {
            self.poll(cx, |number, output| {
                ended(number, output);
                None
            });
            if self.is_done() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
