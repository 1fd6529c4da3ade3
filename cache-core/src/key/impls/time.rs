use std::time::{Duration, SystemTime};

use crate::key::{CacheKey, KeyEncoder};

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

/// Even the longest duration has fewer than 2^94 nanoseconds.
fn signed_nanos(duration: Duration) -> i128 {
    duration.as_nanos().cast_signed()
}
