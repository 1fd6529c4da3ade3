//! Key encodings of durations and points in time.

use std::time::{Duration, SystemTime};

use super::super::encode::{CacheKey, KeyEncoder};

impl CacheKey for Duration {
    #[inline]
    fn encode(&self, key: &mut KeyEncoder) {
        key.arg(&self.as_secs()).arg(&self.subsec_nanos());
    }
}

impl CacheKey for SystemTime {
    fn encode(&self, key: &mut KeyEncoder) {
        let nanos = match self.duration_since(Self::UNIX_EPOCH) {
            Ok(after) => signed_nanos(after),
            Err(before) => -signed_nanos(before.duration()),
        };
        nanos.encode(key);
    }
}

/// Returns the nanoseconds of a duration. Even the longest has fewer than 2^94.
fn signed_nanos(duration: Duration) -> i128 {
    duration.as_nanos().cast_signed()
}
