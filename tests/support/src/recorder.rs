//! A `metrics` recorder that keeps what is measured.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata,
    SharedString, Unit,
};

/// Counters, gauges and histograms (as their number of samples) by `name{label="value",..}`.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<BTreeMap<String, Arc<Value>>>>);

#[derive(Debug, Default)]
struct Value(AtomicU64);

impl Recorder {
    /// The value of the metric with these labels, which stand in alphabetical order.
    pub fn value(&self, metric: &str) -> Option<u64> {
        self.all().get(metric).copied()
    }

    /// The values of all metrics.
    pub fn all(&self) -> BTreeMap<String, u64> {
        let values = self.0.lock().expect("no panic under the lock");
        values.iter().map(|(metric, value)| (metric.clone(), value.0.load(SeqCst))).collect()
    }

    fn entry(&self, key: &Key) -> Arc<Value> {
        let mut labels: Vec<_> =
            key.labels().map(|l| format!("{}=\"{}\"", l.key(), l.value())).collect();
        labels.sort();
        let metric = format!("{}{{{}}}", key.name(), labels.join(","));
        Arc::clone(self.0.lock().expect("no panic under the lock").entry(metric).or_default())
    }
}

impl CounterFn for Value {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, SeqCst);
    }

    fn absolute(&self, value: u64) {
        self.0.fetch_max(value, SeqCst);
    }
}

impl GaugeFn for Value {
    fn increment(&self, _: f64) {}

    fn decrement(&self, _: f64) {}

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes are small whole numbers"
    )]
    fn set(&self, value: f64) {
        self.0.store(value as u64, SeqCst);
    }
}

impl HistogramFn for Value {
    fn record(&self, _: f64) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.entry(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.entry(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.entry(key))
    }
}
