//! Flights: one load of a key that several callers wait for.
//!
//! A flight lives in the table from its first load until that load has an outcome. Its presence there is also the
//! *fence*: who invalidates a key takes the flight out, and a load whose flight is out stores nothing and is followed by
//! nobody new. There is nothing to count and nothing that outlives the loads.
//!
//! The right to load is a [`Ticket`]. It cannot be lost: one that is dropped (its caller went away, or panicked) passes
//! to the next who waits, and one that nobody takes ends the flight.

mod crew;
mod origin;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use crew::Follower;
pub(crate) use origin::{Origin, Relation};
pub(crate) use table::{Boarding, FlightId, Flights, Ticket};

/// What a caller who waited is told.
pub(crate) enum Turn<T: Clone> {
    /// Load for yourself.
    Load(Ticket<T>),
    /// Another's load came to this.
    Landed(T),
}

/// How many callers of one flight may load for themselves at once, beside its leader.
pub(crate) const MAX_SOLOS: usize = 8;
