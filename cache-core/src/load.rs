//! A load: one run of the user's function, with the right to fill.

use std::{sync::Arc, time::Duration};

use tracing::Span;

use crate::{
    cache::{Cache, Outcome},
    clock::Moment,
    entry::{Entry, Facts},
    flight::{FlightId, Ticket},
    key::StoredKey,
    last_rites,
    returns::AnyError,
    telemetry,
};

tokio::task_local! {
    /// The flights that the running code loads for, innermost last.
    static LOADING: Arc<[FlightId]>;
}

/// Whether the running code is part of a load for `flight`, which would then wait for itself.
pub(crate) fn is_within(flight: FlightId) -> bool {
    LOADING.try_with(|flights| flights.contains(&flight)).unwrap_or(false)
}

/// A load that runs. Dropping it passes the right to load to the next who waits.
pub(crate) struct Load {
    cache: Arc<Cache>,
    ticket: Ticket<Outcome>,
    flights: Arc<[FlightId]>,
    span: Span,
    began: Moment,
}

impl Load {
    /// From here on the function runs for `ticket`.
    pub(crate) fn begin(cache: Arc<Cache>, ticket: Ticket<Outcome>) -> Self {
        let outer = LOADING.try_with(Arc::clone).unwrap_or_default();
        let flights = outer.iter().copied().chain([ticket.flight_id()]).collect();
        let (span, began) = (telemetry::load_span(cache.site.name), cache.now());
        Self { cache, ticket, flights, span, began }
    }

    /// Polls the function by `poll`: within this load and its span.
    pub(crate) fn poll<T>(&self, poll: impl FnOnce() -> T) -> T {
        LOADING.sync_scope(Arc::clone(&self.flights), || self.span.in_scope(poll))
    }

    /// The function returned a value: it is stored, unless the load was fenced off, and answers the followers.
    pub(crate) fn land(self, wrap: impl FnOnce(StoredKey, Facts) -> Entry) {
        let took = self.took();
        self.cache.counters.load(took, false);
        let entry = wrap(self.ticket.key().clone(), self.cache.facts(self.ticket.generation(), took));
        last_rites::after(|| self.ticket.land(Outcome::Value(entry.clone()), || self.cache.store(entry)));
        // Foreign code, so it comes when everybody has their answer.
        telemetry::record_load(self.cache.site.name, took, false);
    }

    /// The function returned an error: nothing is stored, and followers get it if it can be shared.
    pub(crate) fn fail(self, error: Option<AnyError>) {
        let took = self.took();
        self.cache.counters.load(took, true);
        self.ticket.fail(error.map(Outcome::Error));
        telemetry::record_load(self.cache.site.name, took, true);
    }

    fn took(&self) -> Duration {
        self.cache.now().since(self.began)
    }
}
