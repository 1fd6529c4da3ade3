//! What an invalidation reached.

use serde::Serialize;

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
