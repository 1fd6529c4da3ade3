//! Flights: one load of a key that several callers wait for.
//!
//! A flight stands in the table from its first load until that load has an outcome. Its presence
//! there is also the *fence*: an invalidation takes the flight of its key out, and a load whose
//! flight is out stores nothing and gets no new followers. Nothing is counted, and nothing outlives
//! the loads.
//!
//! A load's [`Progress`] tells a load that waits from one that could run and is not polled.
//! Followers wait for the first, and pass the second after a while. Each load also knows which
//! flights its code waits for, so that nobody waits in a circle ([`chain`]).
//!
//! The right to load is a [`Permit`]. It cannot be lost: one that is dropped (its caller went away,
//! or panicked) passes to the next waiter, and one that nobody takes ends the flight.

mod chain;
mod flights;
mod follower;
mod loading;
mod origin;
mod permit;
mod progress;
mod table;
#[cfg(test)]
mod tests;
mod waiters;

pub(crate) use chain::keeps_lease;
pub(crate) use flights::{Flights, Join};
pub(crate) use follower::Follower;
pub(crate) use loading::{Loading, carry, enclosing};
pub(crate) use origin::{Origin, Relation};
pub(crate) use permit::{Permit, Wakeup};
pub(crate) use progress::Progress;
