//! The layer that carries a registry into each request.

use axum::{Router, routing::get as route};
use cachery::{Caches, axum::scope};

use crate::support::{get, idle, send};

#[tokio::test]
async fn each_request_uses_the_registry_of_its_layer() {
    let registries = [Caches::isolated(), Caches::isolated()];
    let [first, second] = &registries;
    let app = |caches: &Caches| {
        let handler = async || idle(1).await.to_string();
        Router::new().route("/", route(handler)).layer(scope(caches.clone()))
    };
    let apps = Router::new().nest("/first", app(first)).nest("/second", app(second));
    for path in ["/first", "/first", "/second"] {
        assert_eq!(send(&apps, get(path)).await.body, "1");
    }
    let stats = registries.each_ref().map(|caches| caches.get("routes-idle").unwrap().stats());
    assert_eq!(stats.map(|stats| (stats.hits, stats.loads)), [(1, 1), (0, 1)]);
}
