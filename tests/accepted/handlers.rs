//! Handlers of a router.

use axum::extract::{Path, State};
use cachery::cached;

#[derive(Clone)]
pub struct App {
    pub factor: u64,
}

#[cached(ttl = 60, key(id.0), skip(app))]
#[axum::debug_handler]
pub async fn order(app: State<App>, id: Path<u64>) -> String {
    (app.factor * id.0).to_string()
}

#[test]
fn are_routed() {
    let router = axum::Router::new().route("/orders/{id}", axum::routing::get(order));
    drop(router.with_state::<()>(App { factor: 2 }));
}
