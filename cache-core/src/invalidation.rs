//! What an invalidation reached.

use serde::Serialize;

use crate::remote::Unavailable;

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
    pub(crate) fn of(told: Result<(), Unavailable>) -> Self {
        if told.is_ok() { Self::Everywhere } else { Self::Queued }
    }
}
