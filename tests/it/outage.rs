//! A Redis that is dead, slow, full, hostile or reconfigured costs its callers the budget at most,
//! and never a value. When the fault is over it is used again by itself.

mod budget;
mod burst;
mod credentials;
mod faults;
mod functions;
mod invalidations;
mod journal;
mod loading;
mod masters;
mod memory;
mod place;
mod recovery;
mod resharding;
mod resources;
mod shutdown;
mod start;
