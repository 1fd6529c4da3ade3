//! The table of all routes.

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn_with_state, map_response},
    routing::{get, post},
};
use cachery_core::Caches;

use crate::{
    access::Access, admin::Admin, change, guard, health, page, prometheus, reply, sampling, stats,
    thresholds::Thresholds,
};

/// Returns the routes of `caches`, to be served at the root or nested below any path.
///
/// Without an `access`, `/health/live` and `/health/ready` are all that there is. `docs/routes.md`
/// lists the routes with their fields.
///
/// ```
/// use axum::Router;
/// use cachery::{Caches, axum::{Access, routes}};
///
/// let access = Access::token("ops", "a secret of 16 bytes or more");
/// let app: Router = Router::new().nest("/ops", routes(Caches::isolated(), access));
/// let only_for_probes: Router = routes(Caches::isolated(), None);
/// # let _ = (app, only_for_probes);
/// ```
pub fn routes(caches: Caches, access: impl Into<Option<Access>>) -> Router {
    routes_with(caches, access, Thresholds::default())
}

/// Returns the routes as [`routes`] does, with other thresholds of health.
///
/// ```
/// use cachery::{Caches, axum::{Access, Thresholds, routes_with}};
///
/// let access = Access::token("ops", "a secret of 16 bytes or more").open_reads();
/// let app = routes_with(Caches::isolated(), access, Thresholds::default().hit_ratio(0.8));
/// # let _ = app;
/// ```
pub fn routes_with(
    caches: Caches,
    access: impl Into<Option<Access>>,
    thresholds: Thresholds,
) -> Router {
    let access = access.into();
    let is_open = access.is_some();
    let admin = Admin::new(caches, access.unwrap_or_default(), thresholds);
    let probes = Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready));
    sampling::begin(&admin);
    let routes = if is_open { probes.merge(guarded(&admin)).merge(page()) } else { probes };
    routes.route_layer(map_response(reply::with_headers)).with_state(admin)
}

/// Returns the live page. It shows nothing by itself, so a browser may open it without a token.
fn page() -> Router<Arc<Admin>> {
    Router::new().route("/cache", get(page::show))
}

/// Returns the routes that ask for an access.
fn guarded(admin: &Arc<Admin>) -> Router<Arc<Admin>> {
    Router::new()
        .route("/health", get(health::all))
        .route("/cache/stream", get(page::stream))
        .route("/metrics", get(prometheus::scrape))
        .route("/api/cache/stats", get(stats::all))
        .route("/api/cache/reload", post(change::reload))
        .route("/api/cache/{name}", get(stats::one))
        .route("/api/cache/tags/{tag}/{action}", post(change::tag))
        .route("/api/cache/{name}/{action}", post(change::cache))
        .route_layer(from_fn_with_state(Arc::clone(admin), guard::check))
}
