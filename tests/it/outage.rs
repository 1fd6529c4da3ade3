//! What a Redis costs its callers that is dead, slow, full, hostile or reconfigured: the budget at most, and never an answer. Whatever
//! happened to it, it is used again by itself.

mod faults;
mod functions;
mod invalidations;
mod loading;
mod masters;
mod memory;
mod place;
mod start;
