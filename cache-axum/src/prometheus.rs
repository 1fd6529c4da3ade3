//! The metrics, in the text format of Prometheus.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use crate::admin::Admin;

const FORMAT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

pub(crate) async fn scrape(State(admin): State<Arc<Admin>>) -> Response {
    ([(CONTENT_TYPE, FORMAT)], admin.exporter.render(&admin.caches)).into_response()
}
