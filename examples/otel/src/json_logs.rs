//! Log lines as JSON, each with the ids of its trace and span, and without secrets.

use std::{fmt, time::SystemTime};

use opentelemetry::trace::TraceContextExt as _;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// Words in the name of a field whose value is left out.
const SECRETS: [&str; 5] = ["authorization", "password", "secret", "token", "api_key"];

/// Log lines as JSON.
pub(crate) struct JsonLogs;

impl<S, N> FormatEvent<S, N> for JsonLogs
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Line(Map::new());
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64();
        line.add("timestamp", now);
        line.add("level", event.metadata().level().as_str());
        line.add("target", event.metadata().target());
        event.record(&mut line);
        if let Some(span) = context.event_scope().and_then(|mut scope| scope.next()) {
            line.add("span", span.name());
            line.add_trace(&span.id());
        }
        writeln!(writer, "{}", Value::Object(line.0))
    }
}

/// The fields of one line.
struct Line(Map<String, Value>);

impl Line {
    fn add(&mut self, name: &str, value: impl Into<Value>) {
        let is_secret = SECRETS.iter().any(|word| name.to_ascii_lowercase().contains(word));
        let value = if is_secret { Value::from("[redacted]") } else { value.into() };
        self.0.insert(name.to_owned(), value);
    }

    /// Adds the ids of the trace and of the span, where traces are kept.
    fn add_trace(&mut self, span: &tracing::span::Id) {
        let context = tracing::dispatcher::get_default(|dispatch| {
            tracing_opentelemetry::get_otel_context(span, dispatch)
        });
        let Some(context) = context else { return };
        let ids = context.span().span_context().clone();
        if ids.is_valid() {
            self.add("trace_id", ids.trace_id().to_string());
            self.add("span_id", ids.span_id().to_string());
        }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value);
    }
}
