//! The health of the process, in levels.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use cachery_core::{Health, Status};
use serde::Serialize;
use serde_json::json;

use crate::{
    admin::Admin,
    level::Level,
    levels::{self, worst},
    reply, sampling,
    thresholds::Thresholds,
};

/// The response of `/health`.
#[derive(Serialize)]
struct Shown<'a> {
    /// The worst status of all levels.
    status: Status,
    levels: Vec<Level>,
    thresholds: &'a Thresholds,
}

/// Tells that the process serves requests.
pub(crate) async fn live() -> Response {
    reply::json(StatusCode::OK, &json!({ "status": Status::Up }))
}

/// Tells whether calls should come here: not while Redis is required and down.
pub(crate) async fn ready(State(admin): State<Arc<Admin>>) -> Response {
    sampling::begin(&admin);
    let health = admin.health.now(&admin.caches).await;
    let code = code(&admin, &health);
    let status = if code == StatusCode::OK { Status::Up } else { Status::Down };
    reply::json(code, &json!({ "status": status }))
}

/// Shows all levels.
pub(crate) async fn all(State(admin): State<Arc<Admin>>) -> Response {
    let health = admin.health.now(&admin.caches).await;
    let levels = levels::note(&admin, &health, &admin.caches.report());
    let shown = Shown { status: worst(&levels), levels, thresholds: &admin.thresholds };
    (code(&admin, &health), reply::json(StatusCode::OK, &shown)).into_response()
}

/// Returns 200 unless Redis is required and down.
fn code(admin: &Admin, health: &Health) -> StatusCode {
    if health.status == Status::Down && admin.requires_redis {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    }
}
