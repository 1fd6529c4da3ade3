//! The requests between two samples.

use std::collections::BTreeMap;

use serde::Serialize;

/// The requests of all caches between two samples.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Point {
    /// The moment of the second sample, in Unix seconds.
    pub(crate) at: u64,
    /// The time between the two.
    pub(crate) seconds: f64,
    /// The requests of each cache that had some, and those of them that were hits.
    pub(crate) caches: BTreeMap<&'static str, [u64; 2]>,
}
