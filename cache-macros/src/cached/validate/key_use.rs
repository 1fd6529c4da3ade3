//! The use of a parameter, or of the receiver, for the key.

/// The use of an input for the key.
#[derive(Clone, Copy, PartialEq)]
pub(in super::super) enum Use {
    /// It is a part as it is.
    Whole,
    /// An expression of `key(..)` names it.
    Named,
    /// `skip(..)` leaves it out.
    Skipped,
}
