//! The reach of an invalidation.

use serde::Serialize;

use crate::remote::Reason;

/// The reach of an invalidation when its call returns. In every case this process no longer serves
/// the old value to any call that begins afterwards.
///
/// ```
/// use cachery::Invalidation;
///
/// fn tell(reach: Invalidation) -> &'static str {
///     match reach {
///         Invalidation::Everywhere => "no node serves the old value",
///         Invalidation::Queued => "other nodes follow when Redis is back",
///         _ => "this process was the only one that had it",
///     }
/// }
/// assert_eq!(tell(Invalidation::Local), "this process was the only one that had it");
/// ```
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

/// The future of an invalidation: short, because it stands in every expansion.
pub trait InvalidationFuture: Future<Output = Invalidation> {}

impl<F: Future<Output = Invalidation>> InvalidationFuture for F {}

impl Invalidation {
    /// Returns the reach for a shared cache, from the reply of its remote tier.
    pub(crate) fn of(reply: Result<(), Reason>) -> Self {
        if reply.is_ok() { Self::Everywhere } else { Self::Queued }
    }

    /// Returns the lesser reach of two invalidations.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Queued, _) | (_, Self::Queued) => Self::Queued,
            (Self::Everywhere, _) | (_, Self::Everywhere) => Self::Everywhere,
            (Self::Local, Self::Local) => Self::Local,
        }
    }
}
