//! The service: its caches, its routes, who may use them, and its end.

use std::{env, error::Error, net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::{Next, from_fn},
    response::Response,
    routing::{delete, get},
};
use cachery::{
    Caches,
    axum::{Access, routes},
    config::CachesBuilder,
};
use tracing::Instrument as _;

use crate::{app::App, options::Options, pages};

/// The settings, where `CACHE_CONFIG` names no others.
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cache.toml");

/// The time in which the caches finish what they have begun, when the service ends.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serves until a signal ends it.
#[tokio::main]
pub(crate) async fn serve(options: &Options) -> Result<(), Box<dyn Error>> {
    let caches = caches().build().await?;
    caches.clone().install()?;
    let router = router(App::new(options), caches.clone(), access());
    let listener = tokio::net::TcpListener::bind(&options.address).await?;
    println!("http://{}", listener.local_addr()?);

    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stopped()).await?;
    let shutdown = caches.shutdown(FAREWELL).await;
    println!("stopped: {shutdown:?}");
    Ok(())
}

/// Returns the caches, to be built: variables win over the file, and the file over the code.
fn caches() -> CachesBuilder {
    let file = env::var("CACHE_CONFIG").unwrap_or_else(|_| SETTINGS.to_owned());
    Caches::builder().file(file)
}

/// Returns the pages, and the admin routes beside them.
pub(crate) fn router(app: App, caches: Caches, access: Access) -> Router {
    Router::new()
        .route("/{tenant}/feedback/{id}", get(pages::feedback).put(pages::rewrite))
        .route("/{tenant}/products/{product}", get(pages::product))
        .route("/{tenant}", delete(pages::forget))
        .route("/bill", get(pages::bill))
        .route_layer(from_fn(traced))
        .with_state(app)
        .merge(routes(caches, access))
}

/// Serves a request within a span, below which those of its cached calls are.
async fn traced(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let span = tracing::info_span!("request", otel.kind = "server", http.route = route);
    next.run(request).instrument(span).await
}

/// Returns who may use the admin routes: whoever has a token. Without one, on a developer's machine,
/// everybody may read.
fn access() -> Access {
    let access = match env::var("OPS_TOKEN") {
        Ok(secret) => Access::token("ops", secret),
        Err(_) => Access::default(),
    };
    let access = match env::var("METRICS_TOKEN") {
        Ok(secret) => access.read_token("prometheus", secret),
        Err(_) => access,
    };
    match env::var("CACHE_ENV").as_deref() {
        Err(_) | Ok("local") => access.open_reads(),
        Ok(_) => access,
    }
}

/// Waits for the end that a terminal or an orchestrator asks for.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => tokio::select! {
            _ = terminated.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => _ = tokio::signal::ctrl_c().await,
    }
}
