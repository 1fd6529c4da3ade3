//! The loads that the running code is part of.

use std::sync::Arc;

use super::table::FlightId;

tokio::task_local! {
    /// The flights that the running code loads for, innermost last.
    static LOADING: Arc<[FlightId]>;
}

/// Tells whether the running code is part of a load for `flight`, which would then wait for itself.
pub(crate) fn is_loading(flight: FlightId) -> bool {
    LOADING.try_with(|flights| flights.contains(&flight)).unwrap_or(false)
}

/// The flights of a load and of those that it is nested in.
pub(crate) struct Loading(Arc<[FlightId]>);

impl Loading {
    /// Adds `flight` to those that the running code loads for.
    pub(crate) fn nested(flight: FlightId) -> Self {
        let outer = LOADING.try_with(Arc::clone).unwrap_or_default();
        Self(outer.iter().copied().chain([flight]).collect())
    }

    /// Runs `act` as part of the load.
    pub(crate) fn scope<T>(&self, act: impl FnOnce() -> T) -> T {
        LOADING.sync_scope(Arc::clone(&self.0), act)
    }
}
