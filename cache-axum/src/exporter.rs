//! A recorder of the routes' own.

use std::collections::BTreeMap;

use cachery_core::{CacheHandle, Caches, LoadTimes};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use parking_lot::Mutex;

/// The upper ends of the buckets of histograms, in seconds: from a look-up to a slow model.
const BUCKETS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

/// A recorder of the routes' own. It is not installed: whatever recorder the program has gets
/// everything that it got before.
pub(crate) struct Exporter {
    recorder: PrometheusRecorder,
    /// The loads that the recorder has, by the cache, and by whether they failed. Held during a
    /// scrape, so that two at once give the recorder no load twice.
    recorded: Mutex<BTreeMap<(&'static str, bool), LoadTimes>>,
}

impl Default for Exporter {
    fn default() -> Self {
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).expect("there are some");
        Self { recorder: builder.build_recorder(), recorded: Mutex::default() }
    }
}

impl Exporter {
    /// Returns all metrics as they are now, in the text format of Prometheus.
    pub(crate) fn render(&self, caches: &Caches) -> String {
        let mut recorded = self.recorded.lock();
        metrics::with_local_recorder(&self.recorder, || {
            caches.flush_metrics();
            for cache in caches.names().into_iter().filter_map(|name| caches.get(name)) {
                for failed in [false, true] {
                    record(&cache, failed, recorded.entry((cache.name(), failed)).or_default());
                }
            }
        });
        self.recorder.handle().render()
    }
}

/// Gives the recorder the loads of `cache` that are not `recorded` yet.
fn record(cache: &CacheHandle, failed: bool, recorded: &mut LoadTimes) {
    let result = if failed { "error" } else { "success" };
    let seconds =
        metrics::histogram!("cache_load_seconds", "cache" => cache.name(), "result" => result);
    let now = cache.load_times(failed);
    now.since(recorded).for_each(|(time, count)| seconds.record_many(time, count));
    *recorded = now;
}
