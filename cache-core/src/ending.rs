//! The end that values come to.

/// The end that values come to: the hard form of an invalidation, or the soft one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// They are invalid: they serve nothing any more.
    Invalid,
    /// They have expired: each serves a call only when its load fails or takes too long, until the
    /// end that it had when it was written.
    Expired,
}
