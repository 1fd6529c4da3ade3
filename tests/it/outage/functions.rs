//! The cached functions of the tests of outages.

use cachery::cached;
use cachery_test_support::Probe;

/// A function whose right value is known, wherever it comes from.
#[cached(name = "outage-square", ttl = 3600)]
pub(crate) async fn square(number: u64) -> u64 {
    number * number
}

/// A function whose value is the number of its run.
#[cached(name = "outage-number", ttl = 3600, skip(probe))]
pub(crate) async fn number(_id: u64, probe: &Probe) -> usize {
    probe.run().await
}
