//! What is cached in the tests of outages.

use cachery::cached;
use cachery_test_support::Probe;

/// Right or wrong at a glance, whoever answers.
#[cached(name = "outage-square", ttl = 3600)]
pub(crate) async fn square(number: u64) -> u64 {
    number * number
}

/// Tells which run of the function it is from.
#[cached(name = "outage-number", ttl = 3600, skip(probe))]
pub(crate) async fn number(_id: u64, probe: &Probe) -> usize {
    probe.run().await
}
