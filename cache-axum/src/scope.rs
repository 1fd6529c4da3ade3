//! A layer that carries a registry into each request.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use cachery_core::Caches;
use tower_layer::Layer;
use tower_service::Service;

/// Returns a layer that makes `caches` the current registry of each request: for tests that serve
/// over a socket, and for programs with several registries.
///
/// ```
/// use axum::{Router, routing::get};
/// use cachery::{Caches, axum::scope};
///
/// let app: Router = Router::new()
///     .route("/", get(async || Caches::current().names().len().to_string()))
///     .layer(scope(Caches::isolated()));
/// # let _ = app;
/// ```
pub fn scope(caches: Caches) -> ScopeLayer {
    ScopeLayer(caches)
}

/// The layer that [`scope`] returns.
///
/// ```
/// use cachery::{Caches, axum::{ScopeLayer, scope}};
///
/// let layer: ScopeLayer = scope(Caches::isolated());
/// # let _ = layer;
/// ```
#[derive(Clone, Debug)]
pub struct ScopeLayer(Caches);

/// A service whose requests run with one registry as the current one.
///
/// ```
/// use cachery::{Caches, axum::{Scope, scope}};
/// use tower_layer::Layer as _;
///
/// let service: Scope<axum::Router> = scope(Caches::isolated()).layer(axum::Router::new());
/// # let _ = service;
/// ```
#[derive(Clone, Debug)]
pub struct Scope<S> {
    caches: Caches,
    inner: S,
}

impl<S> Layer<S> for ScopeLayer {
    type Service = Scope<S>;

    fn layer(&self, inner: S) -> Scope<S> {
        Scope { caches: self.0.clone(), inner }
    }
}

impl<S, Request> Service<Request> for Scope<S>
where
    S: Service<Request>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.caches.sync_scope(|| self.inner.poll_ready(cx))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The service may call a cache before its future is polled.
        let future = self.caches.sync_scope(|| self.inner.call(request));
        Box::pin(self.caches.scope(future))
    }
}
