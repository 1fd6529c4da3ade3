//! Traces and logs, as the standard variables ask for them.

use std::{env, error::Error};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing_subscriber::{
    EnvFilter, Layer as _, Registry,
    filter::{FilterExt as _, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::json_logs::JsonLogs;

/// Traces on their way.
pub(crate) struct Telemetry(Option<SdkTracerProvider>);

/// Installs the subscriber of the process: logs always, traces where an endpoint is set.
pub(crate) fn install() -> Result<Telemetry, Box<dyn Error>> {
    let level = env::var("LOG_LEVEL").unwrap_or_else(|_| "info".to_owned());
    let logs = EnvFilter::try_new(&level)?;
    let is_pretty = env::var("PRETTY_LOGS").is_ok_and(|value| value == "true");
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = if is_pretty { lines.boxed() } else { lines.event_format(JsonLogs).boxed() };
    let provider = has_endpoint().then(provider).transpose()?;
    // Spans of the exporter's own client would be exported, too, for ever.
    let ours = EnvFilter::new("info,hyper=off,reqwest=off,hyper_util=off");
    // Events are log lines, where secrets are left out.
    let ours = ours.and(filter_fn(|metadata| metadata.is_span()));
    let traces = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("cachery-otel"))
            .with_filter(ours)
    });
    Registry::default().with(traces).with(lines.with_filter(logs)).try_init()?;
    Ok(Telemetry(provider))
}

fn has_endpoint() -> bool {
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
        .iter()
        .any(|name| env::var(name).is_ok_and(|value| !value.is_empty()))
}

/// Returns the way of spans to the endpoint. The exporter reads the variables by itself.
fn provider() -> Result<SdkTracerProvider, Box<dyn Error>> {
    // The program chooses the cryptography. Somebody else may have done so before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = SpanExporter::builder().with_http().build()?;
    // `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` are read here.
    let resource = Resource::builder().build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

impl Telemetry {
    /// Sends what is on its way. Blocks.
    pub(crate) fn shutdown(self) {
        if let Some(provider) = self.0
            && let Err(error) = provider.shutdown()
        {
            eprintln!("traces are lost: {error}");
        }
    }
}
