//! All that can be seen of a registry: the log and the metrics of the process, and the values that
//! a test shows.

use cachery_test_support::{Log, Recorder};
use std::{
    fmt::Debug,
    sync::{LazyLock, Once},
};

use serde::Serialize;

/// The log of the whole process, for all tests together.
static LOG: LazyLock<Log> = LazyLock::new(Log::default);
static METRICS: LazyLock<Recorder> = LazyLock::new(Recorder::default);

/// The word in all secrets, and its bytes as decimal and hexadecimal numbers.
const PLANTED: [&str; 3] = ["planted", "112, 108, 97, 110", "706c616e"];

/// The texts that a test shows.
pub(crate) struct Shown(Vec<String>);

impl Shown {
    /// Keeps what the process logs and measures from now on.
    pub(crate) fn begin() -> Self {
        static BEGUN: Once = Once::new();
        BEGUN.call_once(|| {
            LOG.of_process();
            metrics::set_global_recorder(METRICS.clone()).expect("it is the only one");
        });
        Self(Vec::new())
    }

    pub(crate) fn debug(&mut self, what: &impl Debug) {
        self.0.push(format!("{what:?}\n{what:#?}"));
    }

    pub(crate) fn error(&mut self, error: &cachery::Error) {
        self.debug(error);
        self.debug(&error.faults());
        self.0.push(error.to_string());
        self.json(&error.faults());
    }

    pub(crate) fn json(&mut self, what: &impl Serialize) {
        self.0.push(serde_json::to_string(what).expect("it can be written"));
    }

    /// Checks that no secret stands in all of this. These `words` must, so that it is known to hold
    /// something.
    pub(crate) fn holds_nothing_planted(self, words: &[&str]) {
        let Self(shown) = self;
        let metrics: Vec<_> = METRICS.all().into_keys().collect();
        let all = [LOG.text(), metrics.join("\n"), shown.join("\n")].join("\n");
        for word in words {
            assert!(all.contains(word), "{word} stands nowhere");
        }
        let told =
            |line: &&str| PLANTED.iter().any(|planted| line.to_lowercase().contains(planted));
        let lines: Vec<_> = all.lines().filter(told).collect();
        assert!(lines.is_empty(), "{lines:#?}");
    }
}
