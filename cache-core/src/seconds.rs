//! Times in serialised reports: numbers of seconds, such as `0.25`.

use std::time::Duration;

use serde::Serializer;

/// Serialises a time as seconds.
pub(crate) fn of<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

/// Serialises a time as seconds, where there is one.
#[expect(clippy::ref_option, reason = "serde passes a field by reference")]
pub(crate) fn of_option<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_some(&time.as_secs_f64()),
        None => serializer.serialize_none(),
    }
}
