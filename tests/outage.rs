//! What a Redis costs its callers that is dead, slow, full, hostile or reconfigured: the budget at most, and never an answer. Whatever
//! happened to it, it is used again by itself.

#[path = "outage/faults.rs"]
mod faults;
#[path = "outage/functions.rs"]
mod functions;
#[path = "outage/invalidations.rs"]
mod invalidations;
#[path = "outage/loading.rs"]
mod loading;
#[path = "outage/masters.rs"]
mod masters;
#[path = "outage/memory.rs"]
mod memory;
#[path = "outage/place.rs"]
mod place;
#[path = "outage/start.rs"]
mod start;
