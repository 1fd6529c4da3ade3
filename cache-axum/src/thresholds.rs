//! The bounds beyond which a level of health is degraded.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// The bounds beyond which a level of `/health` is degraded. They are shown there.
///
/// ```
/// use std::time::Duration;
///
/// use cachery::{Caches, axum::{Access, Thresholds, routes_with}};
///
/// let thresholds = Thresholds::default().hit_ratio(0.5).round_trip(Duration::from_millis(5));
/// let access = Access::token("ops", "a secret of 16 bytes or more");
/// let app = routes_with(Caches::isolated(), access, thresholds);
/// # let _ = app;
/// ```
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct Thresholds {
    /// The least share of hits over five minutes, of a cache with 100 requests or more.
    pub hit_ratio: f64,
    /// The largest share of loads over five minutes that fail, of a cache with 10 loads or more.
    pub load_error_ratio: f64,
    /// The longest round trip to a server; in JSON, in seconds.
    #[serde(serialize_with = "seconds")]
    pub round_trip: Duration,
    /// The longest time for which an invalidation waits; in JSON, in seconds.
    #[serde(serialize_with = "seconds")]
    pub queue_age: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            hit_ratio: 0.05,
            load_error_ratio: 0.5,
            // A quarter of the time that a call may wait for Redis.
            round_trip: Duration::from_millis(25),
            queue_age: Duration::from_secs(60),
        }
    }
}

impl Thresholds {
    /// Sets the least share of hits over five minutes.
    #[must_use]
    pub const fn hit_ratio(self, ratio: f64) -> Self {
        Self { hit_ratio: ratio, ..self }
    }

    /// Sets the largest share of loads over five minutes that may fail.
    #[must_use]
    pub const fn load_error_ratio(self, ratio: f64) -> Self {
        Self { load_error_ratio: ratio, ..self }
    }

    /// Sets the longest round trip to a server.
    #[must_use]
    pub const fn round_trip(self, time: Duration) -> Self {
        Self { round_trip: time, ..self }
    }

    /// Sets the longest time for which an invalidation may wait.
    #[must_use]
    pub const fn queue_age(self, time: Duration) -> Self {
        Self { queue_age: time, ..self }
    }
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
