//! A service whose calls of an upstream are cached, with traces by OTLP, metrics for Prometheus and
//! JSON logs with the ids of their traces.
//!
//! Run it with `cargo run --manifest-path examples/otel/Cargo.toml`. Traces go where the standard
//! variables say: `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318`, with
//! `OTEL_EXPORTER_OTLP_PROTOCOL` (`http/protobuf` or `http/json`) and `OTEL_EXPORTER_OTLP_HEADERS`.
//! Jaeger, Honeycomb and Datadog are such endpoints. `LOG_LEVEL` is a filter such as
//! `info,cachery=debug`, and `PRETTY_LOGS=true` makes logs for people.

mod json_logs;
mod telemetry;

use std::{error::Error, net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::Path,
    http::StatusCode,
    routing::{get, post},
};
use cachery::{
    Caches,
    axum::{Access, routes},
    cached,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::Instrument as _;

/// The token of the example. A real one comes from the environment.
const TOKEN: &str = "only-for-this-example";

/// The upper ends of the buckets of all histograms, in seconds.
const BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Asks a slow and paid upstream. It fails for a text that says so.
#[cached(
    name = "sentiment",
    ttl = "1m",
    backend = "tiered",
    capacity = 100,
    cost = 0.03,
    budget = "1000/day"
)]
async fn sentiment(text: &str) -> Result<String, String> {
    tracing::info!(password = "it is never shown", "asking the upstream");
    tokio::time::sleep(Duration::from_millis(200)).await;
    if text == "fails" {
        return Err("the upstream is away".to_owned());
    }
    Ok(format!("{} letters, all of them kind", text.len()))
}

/// Serves a request within a span, as a middleware would.
async fn show(Path(text): Path<String>) -> Result<String, StatusCode> {
    let span =
        tracing::info_span!("request", otel.kind = "server", http.route = "/sentiment/{text}");
    let value = sentiment(&text).instrument(span).await;
    value.map_err(|_| StatusCode::BAD_GATEWAY)
}

async fn forget(Path(text): Path<String>) -> &'static str {
    sentiment::invalidate(&*text).await;
    "forgotten\n"
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = telemetry::install()?;
    let metrics = PrometheusBuilder::new().set_buckets(&BUCKETS)?.install_recorder()?;
    let caches = Caches::from_env().await?;
    let app = Router::new()
        .route("/sentiment/{text}", get(show))
        .route("/forget/{text}", post(forget))
        .route("/metrics", get(move || std::future::ready(rendered(&metrics))))
        .nest("/ops", routes(caches.clone(), Access::token("ops", TOKEN)));
    caches.install()?;

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stopped()).await?;
    Caches::current().shutdown(Duration::from_secs(5)).await;
    tokio::task::spawn_blocking(move || telemetry.shutdown()).await?;
    Ok(())
}

/// Returns the metrics as they are now.
fn rendered(metrics: &PrometheusHandle) -> String {
    Caches::current().flush_metrics();
    metrics.render()
}

/// Waits for the end that a terminal or an orchestrator asks for.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => _ = tokio::signal::ctrl_c().await,
    }
}
