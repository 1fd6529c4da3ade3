//! The metrics, in the text format of Prometheus.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use cachery_core::Caches;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use crate::admin::Admin;

const FORMAT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// A recorder of the routes' own. It is not installed: whatever recorder the program has gets
/// everything that it got before.
pub(crate) struct Exporter(PrometheusRecorder);

impl Default for Exporter {
    fn default() -> Self {
        Self(PrometheusBuilder::new().build_recorder())
    }
}

impl Exporter {
    /// Returns all metrics as they are now.
    fn render(&self, caches: &Caches) -> String {
        metrics::with_local_recorder(&self.0, || caches.flush_metrics());
        self.0.handle().render()
    }
}

pub(crate) async fn scrape(State(admin): State<Arc<Admin>>) -> Response {
    ([(CONTENT_TYPE, FORMAT)], admin.exporter.render(&admin.caches)).into_response()
}
