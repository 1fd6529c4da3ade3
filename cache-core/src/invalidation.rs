//! What an invalidation is aimed at, and how far it reached.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use serde::Serialize;

use crate::{
    key::Key,
    registry::{CacheHandle, Caches},
    remote::Reason,
    site::Site,
};

/// How far an invalidation has come when its call returns. In every case this process serves the old value no more, to
/// any call that begins afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Invalidation {
    /// No node serves the old value from the remote tier any more.
    Everywhere,
    /// The remote tier is out of reach; it is told before it is read again.
    Queued,
    /// The cache lives in this process only, and so did the value.
    Local,
}

impl Invalidation {
    /// Of a cache that is shared, after the remote tier was told.
    pub(crate) fn of(told: Result<(), Reason>) -> Self {
        if told.is_ok() { Self::Everywhere } else { Self::Queued }
    }

    /// How far both have come: what waits to be told says more than what was told.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Queued, _) | (_, Self::Queued) => Self::Queued,
            (Self::Everywhere, _) | (_, Self::Everywhere) => Self::Everywhere,
            (Self::Local, Self::Local) => Self::Local,
        }
    }
}

/// What is to be made unreadable.
#[derive(Debug)]
pub enum Target {
    /// One key of a call site.
    Key(&'static Site, Key),
    /// All entries of a cache.
    All(CacheHandle),
}

impl Target {
    async fn invalidate(self) -> Invalidation {
        match self {
            Self::Key(site, key) => Caches::cache_of(site).invalidate(&key).await,
            Self::All(cache) => cache.clear().await,
        }
    }
}

/// Makes all of them unreadable, side by side: none waits for another's answer from the remote tier. Says how far the one has
/// reached that reached least far; nothing of no targets.
pub async fn invalidate_all(targets: impl IntoIterator<Item = Target>) -> Option<Invalidation> {
    let mut running: Vec<Pin<Box<dyn Future<Output = Invalidation> + Send>>> = Vec::new();
    for target in targets {
        running.push(Box::pin(target.invalidate()));
    }
    let mut least: Option<Invalidation> = None;
    poll_fn(|cx| {
        running.retain_mut(|one| match one.as_mut().poll(cx) {
            Poll::Ready(reached) => {
                least = Some(least.map_or(reached, |least| least.and(reached)));
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    least
}
