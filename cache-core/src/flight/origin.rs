//! What a flight has to do with a caller who comes upon it.

use std::time::Instant;

use crate::remote::Mark;

/// When a flight's load began, and under which mark of the remote tier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) began: Instant,
    /// `None` when the remote tier could not be asked.
    pub(crate) mark: Option<Mark>,
}

/// What a flight is to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The very load that the caller is part of.
    Own,
    /// Its outcome is an answer for the caller.
    Current,
    /// Something may have been invalidated between its load's beginning and the call.
    Outdated,
}

impl Origin {
    /// Whether a load is current for a call that began at `began` and saw `seen` in the remote tier (`None`: it could not be asked).
    ///
    /// It is when it began later than the call, or when nothing happened to the key in between: the token stands that it
    /// began with.
    pub(crate) fn relation(&self, began: Instant, seen: Option<Mark>) -> Relation {
        let Some(seen) = seen else { return Relation::Current };
        if self.began >= began || (seen.token.is_some() && self.mark == Some(seen)) {
            Relation::Current
        } else {
            Relation::Outdated
        }
    }
}
