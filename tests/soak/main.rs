//! The tests that `make soak` runs for longer. They load the machine, so they do not run beside
//! those that measure for how long a call waits.

mod chaos;
#[cfg(feature = "redis")]
mod coherence;
mod many;
mod mixed;
#[cfg(feature = "redis")]
mod queue;
#[cfg(feature = "redis")]
mod slow;
#[cfg(feature = "redis")]
mod tags;
