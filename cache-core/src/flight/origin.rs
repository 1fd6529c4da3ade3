//! The relation of a flight to a caller who finds it.

use std::time::Instant;

use crate::remote::Mark;

/// The beginning of a load: its time, and the mark of the remote tier that it saw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) began: Instant,
    /// `None` when the remote tier could not be asked.
    pub(crate) mark: Option<Mark>,
}

/// The relation of a flight to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Its outcome serves the caller.
    Current,
    /// Something may have been invalidated between its load's beginning and the call.
    Outdated,
}

impl Origin {
    /// Relates a load to a call that began at `began` and saw `seen` in the remote tier (`None`: it
    /// could not be asked).
    ///
    /// The load is current when it began later than the call, or when nothing happened to the key
    /// in between: the token that it began with still stands.
    pub(crate) fn relation(&self, began: Instant, seen: Option<Mark>) -> Relation {
        let Some(seen) = seen else { return Relation::Current };
        if self.began >= began || (seen.token.is_some() && self.mark == Some(seen)) {
            Relation::Current
        } else {
            Relation::Outdated
        }
    }
}
