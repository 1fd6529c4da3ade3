//! A load: one run of the user's function, with the right to fill.

use std::{sync::Arc, time::Duration};

use tracing::Span;

use crate::{
    cache::{Cache, Outcome, Trip},
    clock::Moment,
    entry::{Entry, Facts},
    flight::{FlightId, Ticket},
    generations::Group,
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
    /// The way by which the value is to go, if the cache is shared.
    trip: Option<Box<Trip>>,
    flights: Arc<[FlightId]>,
    span: Span,
    began: Moment,
}

impl Load {
    /// From here on the function runs for `ticket`.
    pub(crate) fn begin(cache: Arc<Cache>, ticket: Ticket<Outcome>, trip: Option<Box<Trip>>) -> Self {
        let outer = LOADING.try_with(Arc::clone).unwrap_or_default();
        let flights = outer.iter().copied().chain([ticket.flight_id()]).collect();
        let (span, began) = (telemetry::load_span(cache.site.name), cache.now());
        Self { cache, ticket, trip, flights, span, began }
    }

    /// Polls the function by `poll`: within this load and its span.
    pub(crate) fn poll<T>(&self, poll: impl FnOnce() -> T) -> T {
        LOADING.sync_scope(Arc::clone(&self.flights), || self.span.in_scope(poll))
    }

    /// The function returned a value: the entry that holds it.
    pub(crate) fn entry(&self, wrap: impl FnOnce(StoredKey, Facts) -> Entry) -> Entry {
        let took = self.took();
        self.cache.counters.load(took, false);
        let group = self.trip.as_ref().map_or_else(Group::default, |trip| trip.group());
        wrap(self.ticket.key().clone(), self.cache.facts(self.ticket.generation(), group, took))
    }

    /// Whether the value goes to the remote tier first, by [`deliver`](Self::deliver).
    pub(crate) fn has_far_to_go(&self) -> bool {
        self.trip.is_some()
    }

    /// The value is stored, unless the load was fenced off, and answers the followers.
    pub(crate) fn land(self, entry: Entry) {
        let took = entry.load_time();
        last_rites::after(|| self.ticket.land(Outcome::Value(entry.clone()), || self.cache.store(entry)));
        // Foreign code, so it comes when everybody has their answer.
        telemetry::record_load(self.cache.site.name, took, false);
    }

    /// As [`land`](Self::land), by way of the remote tier. Dropping the future passes the right to load on.
    pub(crate) async fn deliver(self, entry: Entry) {
        let Self { cache, ticket, trip, .. } = self;
        let took = entry.load_time();
        if let Some(trip) = trip {
            trip.deliver(ticket, entry).await;
        }
        telemetry::record_load(cache.site.name, took, false);
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
