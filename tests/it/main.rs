//! The tests that share one process: each has registries of its own, and none changes what belongs
//! to the process.
//!
//! A test that installs a registry, a recorder or a subscriber, counts allocations, or asks for all
//! caches of the program is a binary of its own beside this one. What loads the machine is in
//! `tests/soak`, because tests here measure for how long a call waits.

mod batch;
mod bodies;
mod book;
mod bounds;
mod bytes;
mod clock;
mod config;
mod config_docs;
#[cfg(feature = "redis")]
mod contract;
mod declared;
mod effects;
mod engines;
#[cfg(feature = "redis")]
mod exact_values;
mod examples;
#[cfg(feature = "redis")]
mod feed;
mod fence;
mod flights;
mod foreign;
#[cfg(feature = "redis")]
mod interleavings;
mod key_parts;
mod keys;
#[cfg(feature = "redis")]
mod late_fills;
mod metrics;
mod money;
#[cfg(feature = "redis")]
mod outage;
mod patience;
#[cfg(feature = "redis")]
mod processes;
mod promises;
#[cfg(feature = "redis")]
mod rate;
#[cfg(feature = "redis")]
mod reads_together;
mod recursion;
mod registry;
mod reload;
#[cfg(feature = "redis")]
mod reload_redis;
mod requests;
#[cfg(feature = "upstash")]
mod rest;
mod results;
#[cfg(feature = "redis")]
mod round_trips;
mod runtimes;
mod servers;
mod standards;
mod sync_functions;
#[cfg(feature = "redis")]
mod tags;
mod threads;
